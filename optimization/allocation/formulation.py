"""The formulation as a document, made of the docstrings that stand beside the code."""

import inspect
from types import ModuleType

import optimization.allocation
from optimization.allocation import constraints, tiers
from schemas.assumptions.allocation import (
    AllocationAssumptions,
    ClassAssumptions,
    ResourceAssumptions,
)

TABLES = (
    ("[allocation]", AllocationAssumptions),
    ("[allocation.classes.ID]", ClassAssumptions),
    ("[allocation.resources.ID]", ResourceAssumptions),
)


def formulation() -> str:
    """Markdown: symbols with units, constraints, objectives, and the settings of a region."""
    return "\n".join(
        [
            "# Allocation: the formulation",
            "",
            *_indented(optimization.allocation),
            "## Constraints",
            "",
            *_formulas(constraints),
            "## Objectives, in this order",
            "",
            *_formulas(tiers),
            "## Settings",
            "",
            *_settings(),
        ]
    )


def _indented(module: ModuleType) -> list[str]:
    return [*inspect.cleandoc(module.__doc__ or "").splitlines(), ""]


def _formulas(module: ModuleType) -> list[str]:
    lines = []
    for name, rule in vars(module).items():
        if inspect.isfunction(rule) and rule.__module__ == module.__name__:
            text = inspect.cleandoc(rule.__doc__ or "").splitlines()
            lines += [f"`{name}`", "", *(f"    {line}".rstrip() for line in text), ""]
    return lines


def _settings() -> list[str]:
    lines = ["| table | setting | default | what it is |", "| --- | --- | --- | --- |"]
    for table, model in TABLES:
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else f"`{field.default}`"
            lines.append(f"| `{table}` | `{name}` | {default} | {field.description} |")
    return [*lines, ""]
