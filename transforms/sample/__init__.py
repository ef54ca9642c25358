"""The synthetic sample region: extracts of hospitals that do not exist, from a seed."""

from transforms.sample.faults import Fault
from transforms.sample.files import Sample, sample_files
from transforms.sample.wave import wave_files

__all__ = ["Fault", "Sample", "sample_files", "wave_files"]
