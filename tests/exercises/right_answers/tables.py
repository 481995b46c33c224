"""1.11, written by other hands."""

import numpy as np


def row_by_row(q_table):
    return np.array([list(row).index(max(row)) for row in q_table], dtype=np.int32)


def first_column_that_reaches_the_best(q_table):
    return (q_table == q_table.max(axis=1, keepdims=True)).argmax(1)


def pixel_by_pixel(height, width, colours):
    count = 1
    for _ in range(height * width):
        count *= colours
    return count


def row_of_rows(height, width, colours):
    return pow(pow(colours, width), height)


RIGHT_ANSWERS = {
    "greedy_policy": [row_by_row, first_column_that_reaches_the_best],
    "state_count": [pixel_by_pixel, row_of_rows],
}
