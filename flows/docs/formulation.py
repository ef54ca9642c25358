"""What is solved, written from the models' own docstrings and settings.

python -m flows.docs.formulation docs
"""

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from optimization.models import MODELS, Model
from optimization.verify.forecast import RULES as FORECAST_RULES
from optimization.verify.outcome import RULES as OUTCOME_RULES

VERIFICATION = (
    "Every plan is computed again from its published tables, without the model and the solver, "
    "before it is published and by `catchment verify`. A plan that breaks a rule is refused by "
    "the rule's name, with the row that is furthest off, its figure and what should stand there. A "
    "limit may be broken by a millionth, of money also by a cent for each amount rounded."
)
NOTE = "Written by `make docs` from the code that is solved; a test keeps the two the same."


def documents() -> dict[str, str]:
    """The formulation of each model, by file name."""
    pages = {f"{model.name}.md": _document(model) for model in MODELS}
    return pages | {"verification.md": _verification()}


def _verification() -> str:
    lines = [f"# Verification\n\n{VERIFICATION}\n\n{NOTE}"]
    of_models = {model.name: model.rules for model in MODELS}
    for name, rules in {"forecast": FORECAST_RULES, **of_models, "outcome": OUTCOME_RULES}.items():
        lines += [f"\n## The {name}\n", "| rule | what holds |\n| --- | --- |"]
        lines += [f"| `{rule}` | {words} |" for rule, words in rules.items()]
    return "\n".join(lines) + "\n"


def _document(model: Model) -> str:
    name, written = model.name, model.formulation
    title, _, symbols = inspect.cleandoc(written.symbols.__doc__ or "").partition("\n")
    return "\n".join(
        [
            f"# The {name}\n\n{title}\n\n{NOTE}",
            f"\n## Symbols\n\n```\n{symbols.strip()}\n```",
            "\n## Constraints\n\n| name | formula |\n| --- | --- |",
            *_formulas(written.constraints),
            "\n## Objectives, in the order in which they are minimised\n",
            "| name | formula |\n| --- | --- |",
            *_formulas(written.tiers),
            "\n## Settings of a region's file\n",
            *_settings(written.settings),
        ]
    )


def _formulas(module: ModuleType) -> list[str]:
    found = [
        function
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and _is_formula(function)
    ]
    found.sort(key=lambda function: inspect.getsourcelines(function)[1])
    return [f"| `{f.__name__}` | {_one_line(f.__doc__)} |" for f in found]


def _is_formula(function: object) -> bool:
    names = list(inspect.signature(function).parameters)  # type: ignore[arg-type]
    name = getattr(function, "__name__", "")
    return names[:1] == ["m"] and name != "declare" and not name.startswith("_")


def _settings(parts: Mapping[str, type[BaseModel]]) -> list[str]:
    lines = []
    for table, assumed in parts.items():
        lines += [f"\n### `{table}`\n", "| key | default | what it is |", "| --- | --- | --- |"]
        lines += [
            f"| `{key}` | {_default(field.is_required(), field.get_default())} "
            f"| {_one_line(field.description)} |"
            for key, field in assumed.model_fields.items()
        ]
    return [*lines, ""]


def _default(required: bool, value: object) -> str:
    if required:
        return "*needed*"
    return "" if value in (None, "", (), {}) else f"`{value}`"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    for file, content in documents().items():
        (Path(sys.argv[1]) / file).write_text(content, encoding="utf-8")
