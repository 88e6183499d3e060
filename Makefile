# The two commands. dev.py does the work; without make: python3 dev.py run
.PHONY: run test

run:
	@python3 dev.py run

test:
	@python3 dev.py test $(ARGS)
