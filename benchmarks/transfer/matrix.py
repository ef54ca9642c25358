"""The instance as one matrix, and what it says of shipped amounts."""

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from benchmarks.transfer.instance import PENALTY, Transfer


def highs_lp(transfer: Transfer) -> highspy.HighsLp:
    """Columns: shipments by arc, resource and day, then what is missing by cell."""
    matrix = _coefficients(transfer)
    short, cells = (transfer.need - transfer.supply).ravel(), transfer.size.cells
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = _costs(transfer)
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.full(lp.num_col_, np.inf)
    lp.row_lower_ = np.concatenate([short, np.full(cells, -np.inf)])
    lp.row_upper_ = np.concatenate([np.full(cells, np.inf), transfer.supply.ravel()])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return lp


def cost_of(transfer: Transfer, shipped: np.ndarray) -> float:
    """What ``shipped`` costs with all that is missing; infinite if more leaves than is there."""
    amounts = shipped.reshape(transfer.arcs, transfer.size.resources, transfer.size.days)
    left, come = np.zeros_like(transfer.supply), np.zeros_like(transfer.supply)
    np.add.at(left, transfer.source, amounts)
    np.add.at(come, transfer.target, amounts)
    if (left > transfer.supply + 1e-6).any() or (amounts < -1e-6).any():
        return np.inf
    missing = np.maximum(transfer.need - transfer.supply + left - come, 0.0)
    return float((transfer.km[:, None, None] * amounts).sum() + PENALTY * missing.sum())


def _coefficients(transfer: Transfer) -> csc_array:
    size = transfer.size
    cells, shipments = size.cells, size.cells * size.reach
    row = np.arange(cells).reshape(size.institutions, -1)
    out, come = row[transfer.source].ravel(), row[transfer.target].ravel()
    column, missing = np.arange(shipments), shipments + np.arange(cells)
    values = np.concatenate([-np.ones(shipments), np.ones(shipments), np.ones(cells)])
    rows = np.concatenate([out, come, row.ravel()])
    columns = np.concatenate([column, column, missing])
    shape = (cells, shipments + cells)
    met = csr_array((values, (rows, columns)), shape=shape)
    held = csr_array((np.ones(shipments), (out, column)), shape=shape)
    return csc_array(vstack([met, held]))


def _costs(transfer: Transfer) -> np.ndarray:
    slots = transfer.size.resources * transfer.size.days
    return np.concatenate([np.repeat(transfer.km, slots), np.full(transfer.size.cells, PENALTY)])
