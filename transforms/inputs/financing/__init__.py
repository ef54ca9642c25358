"""From reported money and planned activity to what the financing model reads."""

from transforms.inputs.financing.inputs import financing_inputs

__all__ = ["financing_inputs"]
