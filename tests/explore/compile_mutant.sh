#!/usr/bin/env bash
# Before the compiler, in a copy of mutants.mjs. A mutant is compiled in haste, and a mistake that the
# compiler would warn of is a mistake all the same; what all mutants share is as it always is.
exec "$@" ${MUTANT:+-O1 -g0 -w}
