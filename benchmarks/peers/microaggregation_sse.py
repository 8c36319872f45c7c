"""microaggregation: it gives the SSE of the best cut of rows as they are ordered, and no classes.

`--algorithm sorted` orders the rows along their first principal component before, which its
documentation does not ask for.
"""

from __future__ import annotations

import numpy as np
from _peer import Stopwatch, arguments, read, report


def main() -> None:
    from microaggregation import calculate_sse_dynamic, calculate_total_variance

    options = arguments()
    points = read(options.input)[options.keys].to_numpy(dtype=float)
    with Stopwatch() as watch:
        if options.algorithm == "sorted":
            centred = points - points.mean(axis=0)
            points = points[np.argsort(centred @ np.linalg.svd(centred, full_matrices=False)[2][0])]
        sse = calculate_sse_dynamic(points, options.k)
        total = calculate_total_variance(points)
    report("microaggregation", watch, sse_percent=100 * sse / total)


if __name__ == "__main__":
    main()
