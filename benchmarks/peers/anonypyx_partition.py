"""anonypyx: Mondrian, or MDAV-generic for all-numeric tables, as its README uses them."""

from __future__ import annotations

from _peer import POSITION, Stopwatch, arguments, read, report


def main() -> None:
    import anonypyx

    options = arguments()
    table = read(options.input)[options.keys]
    is_text = [name for name in table if table[name].dtype == object]
    table = table.astype({name: "category" for name in is_text})
    # A column that is no feature is kept as it is: it says which row became what.
    table[POSITION] = range(len(table))
    algorithm = options.algorithm or "Mondrian"
    with Stopwatch() as watch:
        released = anonypyx.Anonymiser(
            table,
            k=options.k,
            algorithm=algorithm,
            feature_columns=options.keys,
            generalisation_strategy=(
                "human-readable" if algorithm == "Mondrian" else "microaggregation"
            ),
        ).anonymise()
    released[[POSITION, *options.keys]].to_csv(options.output, index=False)
    report("anonypyx", watch)


if __name__ == "__main__":
    main()
