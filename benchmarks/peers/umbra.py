"""umbra-k: `MondrianAnonymizer`, as its README uses it."""

from __future__ import annotations

from _peer import POSITION, Stopwatch, arguments, read, report


def main() -> None:
    from umbra_k import MondrianAnonymizer

    options = arguments()
    table = read(options.input)[options.keys]
    with Stopwatch() as watch:
        released = MondrianAnonymizer(k=options.k, quasi_id=options.keys).fit_transform(table)
    released.insert(0, POSITION, range(len(released)))
    released.to_csv(options.output, index=False)
    report("umbra-k", watch)


if __name__ == "__main__":
    main()
