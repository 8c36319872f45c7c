"""How far modelled counts of people are off, and how well their limits hold.

::

    python -m benchmarks.census

prints, in three seconds, the error of fits with and without what states teach, the tables of
``personatwin_sk/population/_uncertainty.py`` as they are measured, and how the limits do in New
York, which has no part in measuring them. It exits 1 if a bar is missed: coverage not significantly
below 90 % (one-sided binomial, 1 %), a median width of at most the count for 50 people and more,
and a risk that is at least the real one in 90 % of the cells. New York's joint is read from
``$PERSONATWIN_TEST_DATA``, or ``../shared/data`` beside the repository; all else is bundled.

- ``figures.py`` reads what has a known truth; ``queries.py`` draws what is asked of it.
- ``pairs.py`` sets modelled counts beside true ones: states fitted as counties are (the joint of
  each is published), single years of age split as bands are, counties taken as shares of their
  state as ZIP codes are of a county.
- ``calibrate.py`` takes limits from them by size; ``score.py`` says how limits hold.
"""
