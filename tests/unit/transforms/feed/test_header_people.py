"""Which undeclared columns make a file be set aside, and which are but drift."""

from pathlib import Path

import pytest

from flows.store.night import load_feeds
from transforms.feed.header import names_a_person

FEEDS = load_feeds(Path(__file__).resolve().parents[4] / "config" / "feeds")


@pytest.mark.parametrize(
    "column",
    [
        *(
            "Patientenname",
            "Name des Patienten",
            "Nachname",
            "Vorname",
            "Familienname",
            "Pat.-Name",
        ),
        *("nom_patient", "Nom du patient", "Prénom", "PRÉNOM", "Pre\u0301nom", "Prenom"),
        *("nom de famille", "Nom d'usage", "nome_paziente", "Cognome", "apellidos"),
        *("Nombre del paciente", "patient name", "PatientName", "patientname", "last-name"),
        *("surname", "names of patients", "insured_name", "mother_name"),
        *("Geb.-Dat.", "Geburtsdatum", "GebDatum", "geb_am", "dateofbirth", "DOB"),
        *("fecha_nacimiento", "fechanacimiento", "Data di nascita", "date de naissance"),
        *(
            "Versichertennummer",
            "Versicherten-Nr.",
            "SVNR",
            "SV-Nummer",
            "AHVN13",
            "AHV-Nr",
            "Vers.-Nr.",
        ),
        *("AHV13", "Steuer-ID", "SteuerIDNr", "Steuer-Identifikationsnummer", "numéro_avs"),
        *("medicare_number", "Medicaid ID", "ssn", "Social Security No", "N° Sécurité sociale"),
        *("número de la seguridad social", "DNI", "codice_fiscale", "CodiceFiscale", "NHS number"),
        *("patient_id", "Patienten-Nr.", "id_paciente", "Nº paciente", "numéro du patient"),
        *("patient_address", "Adresse des Patienten", "E-Mail", "Téléphone", "telefono"),
    ],
)
def test_names_of_people_are_known(column: str) -> None:
    assert names_a_person(column)


@pytest.mark.parametrize(
    "column",
    [
        *("hospital_name", "Krankenhausname", "Bettenname", "zone name", "class_name", "name"),
        *("Name", "nom", "nom_etablissement", "nombre", "nombre_hospital", "nome_ospedale"),
        *("number_of_patients", "patients", "nb_patients", "nombre de patients", "Patientenzahl"),
        *("numero_pacientes", "number of patient days", "patient_days", "inpatient_number"),
        *("patient_class_name", "patient_zone_name", "in-patient no", "Anzahl Patienten"),
        *(
            "payer_name",
            "Versicherung",
            "vers_no",
            "version_id",
            "patients_no",
            "nombre_patient_jour",
            "the_mail",
            "medicare_days",
            "number of medicare days",
            "medicare_provider_number",
            "Steuern",
        ),
        *("Gebäude Nr.", "personnel", "personal_number_of_beds", "Person days", "first_day"),
        *("last_update", "family_beds", "note", "notes", "institution_id", "address", "Adresse"),
        *("part_securite_sociale", "dniester", "denied", "niederlassung", "class_id", "nivel"),
    ],
)
def test_names_of_places_and_counts_are_not(column: str) -> None:
    assert not names_a_person(column)


def test_no_declared_column_of_a_feed_without_patients_seems_a_person() -> None:
    declared = {
        column
        for feed in FEEDS
        for column in (*feed.source.required(), *feed.source.names)
        if not feed.patient_data and "birth" not in column
    }
    assert len(declared) > 50
    assert not [column for column in sorted(declared) if names_a_person(column)]
