"""Whether the tests notice when a wall is missing: each wall is taken away in turn, and a test must fail.

python -m tests.isolation.mutants                 every mutant: a table, and the rate of those that were noticed
python -m tests.isolation.mutants --only policy   those with this word in their name
python -m tests.isolation.mutants --sample 5      some of each family
"""
