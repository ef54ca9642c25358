"""Does a column's name say that it holds a person's name, birth date, number or address?

In English, German, French, Italian and Spanish, whatever the accents, case and punctuation. A
name alone is most often an institution's; it is a person's where a word beside it says so.
"""

import re
import unicodedata

_BREAKS = re.compile(
    r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
_PERSON = (
    r"(?:pat|patient(?:e|en|in|s)?|paciente|paziente|pazienti|person(?:en)?|persona|assuree?"
    r"|asegurad[oa]|assistit[oa]|assicurat[oa]|beneficiaire|beneficiary|insured|subscriber"
    r"|guarantor|guardian|mother|father|(?:kranken)?versicherten?)"
)
# Of one person: of several, a number before them counts them.
_ONE = (
    r"(?:pat|patient|patiente|patientin|paciente|paziente|assuree?|asegurad[oa]|assistit[oa]"
    r"|assicurat[oa]|beneficiaire|beneficiary|subscriber)"
)
_SEVERAL = r"(?:patients|pazienti)"
_OF = r"(?: ?(?:of|the|de|des|der|du|del|della|dell|di|la|le|l|d|s)){0,3}"
_NAME = r"(?:names?|nom|nome|namen)"
_LONG = r"nr|num|numero|number|nummer|ids?|identifier|identifiant|identificativo"
_NUMBER = rf"(?:n|no|{_LONG})"
_ITS_NUMBER = rf"(?: ?(?:{_LONG})| n| no)"
_ADDRESS = r"(?:address|adresse|anschrift|indirizzo|direccion|domicil\w*|wohnort|strasse)"
_CARD = (
    r"securite sociale|seguridad social|previdenza sociale|tarjeta sanitaria|tessera sanitaria"
    r"|carte vitale|(?:personal)?ausweis|reisepass"
)
_INSURANCE = (
    r"(?:sv|(?:kranken|sozial|renten|unfall)?versicher(?:ten|ungs?)|krankenkassen?"
    rf"|medicare|medicaid|steuer|fiscal|taxpayer|tax|{_CARD})"
)
_OF_A_PERSON = (
    rf"\b{_PERSON}{_OF} ?{_NAME}\b",
    rf"\b{_NAME}{_OF} ?{_PERSON}\b",
    rf"\bnombre{_OF} ?(?:paciente|asegurad[oa]|persona|beneficiari[oa]|titular)\b",
    rf"(?<!\bin )(?<!\bout )(?<!\bday )\b(?!{_SEVERAL}){_PERSON}{_ITS_NUMBER}\b",
    rf"\b{_NUMBER}{_OF} ?{_ONE}$",
    rf"\b{_PERSON}{_OF} ?{_ADDRESS}\b",
    rf"\b{_ADDRESS}{_OF} ?{_PERSON}\b",
    r"\b(?:sur|last|first|fore|middle|family|given|maiden|familien|ruf|zu|maed?chen|madchen)"
    r" ?names?\b",
    rf"\bnom{_OF} ?(?:famille|usage|usuel|jeune fille|marital)\b",
    r"\b(?:apellidos?|cognom[ei])\b|vorname|nachname|prenom",
    r"birth|geburt|naissance|\b(?:nacimiento|nascita)\b|(?:fecha|data) ?(?:nacimiento|nascita)",
    r"\bvers ?(?:nr|nummer)\b|\bgeb ?(?:dat|datum|tag|am|jahr|name)\b|\b(?:dob|ddn)\b",
    rf"\b{_INSURANCE}(?: ?ident(?:ifikations|ification)?)?{_ITS_NUMBER}(?: ?nr)?\b",
    rf"\b{_NUMBER}{_OF} ?(?:{_CARD})\b",
    r"social ?security|national ?id|insurance ?n|passport|\bpasaporte\b|\bpassaporto\b",
    r"\bcod(?:ice)? ?(?:fiscale|fisc)\b|\bhistoria clinica\b",
    r"\b(?:ssn|nhs|nir|ahvn?|n?avs|mrn|svnr|kvnr|dni|nie|nss|nhc|ipp|mbi|hicn)\b",
    r"phone|telefon|\be mail|email|\bcourriel\b|\bcorreo\b",
)
_ANY = re.compile("|".join(_OF_A_PERSON))


def names_a_person(column: str) -> bool:
    """Does the column of this name seem to hold what tells who a person is?"""
    return _ANY.search(_words(column)) is not None


def _words(column: str) -> str:
    """Its words in lower case, without accents, one space between them: Geb.-Dat. is geb dat."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", column) if not unicodedata.combining(c)
    )
    return " ".join(re.findall(r"[^\W_]+", _BREAKS.sub(" ", plain).casefold()))
