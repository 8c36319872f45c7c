"""Whether the reported risk means what it says: against true risk, and against attacks.

::

    python -m benchmarks.calibration --quick       # nine settings, under a minute
    python -m benchmarks.calibration --jobs 2 --csv rows.csv --plot calibration.svg

From populations of which everybody is known, files are drawn, merged and released; what
`assess_risk` reports is set beside the true risk and the success of the best attack. Every release
of a fixed list of settings and seeds is printed, then a summary, then which bars are met; it exits
1 if one is missed:

- the best attack (looked up afterwards, release by release) beats the upper limit not significantly
  more often than 1 time in 20, by a one-sided binomial test at 1 %;
- the median upper limit is at most 1.5 times the best attack's success;
- where the population does not know a key variable, the mean of E[1/F | f] is within 10 % of the
  true mean of 1/F, on average; person by person its error, its ranking and its sum are judged too.

Data: ``$PERSONATWIN_TEST_DATA``, or ``../shared/data`` beside the repository; nothing is fetched.

- ``worlds.py``: the populations: NIST's 7,634 people, five times as many resampled from them, and
  the smallest counties of three states, expanded from the census into people.
- ``settings.py``: the fixed list. ``releases.py``: files drawn, merged, released; who would have
  been put where.
- ``attacks.py`` and ``labels.py``: the judge's own attacks and its own reading of labels. They
  share no code with what is judged.
- ``expected.py``: E[1/F | f] person by person.
- ``run.py`` measures one release, ``score.py`` summarises, ``plot.py`` draws.
"""
