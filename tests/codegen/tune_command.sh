#!/bin/sh
# tests/codegen/tune_command.sh: the command `tune` of a model binary with networks and an ODE: measures, remembers, adds to what is there; a spoiled file
# changes nothing. Usage: tune_command.sh BINARY. The last line is "N passed, N failed".
binary=$1
. "${0%/*}/checks.sh"
unset DIMWISE_TILES
XDG_CACHE_HOME=$folder/cache
export XDG_CACHE_HOME
draw="$binary flow --sample 100 --seed 5"
check "a kernel before" $draw --out before.npy
check "reading makes no file" test ! -e cache
check "measure" sh -c "'$binary' tune --precision float >tuned.txt"
check "a line for each tile that is faster, and their number" sh -c "grep -q \"measured, \$(grep -c 'less time' tuned.txt) of them faster\" tuned.txt"
file=$(ls cache/dimwise/tiles-*.txt)
check "remembered in one file" test -s "$file"
check "nothing half written is left" test "$(ls cache/dimwise | wc -l)" -eq 1
check "a line is a product and a tile" sh -c "! grep -qv '^[pftug] 4 [0-9]* [0-9]* [0-9]*: [0-9]* [0-9]*\$' '$file'"
check "the same digits with the tiles" $draw --out after.npy
check "the same bytes" cmp before.npy after.npy
printf 'p 4 7 7 7: 8 3\n' >>"$file"
check "measure again" "$binary" tune --precision float
check "another model's product stays" grep -q '^p 4 7 7 7: 8 3$' "$file"
head -c 3000 /dev/urandom >"$file"
check "a spoiled file changes nothing" $draw --out spoiled.npy
check "no byte of it" cmp before.npy spoiled.npy
check "off is refused by name" sh -c "! DIMWISE_TILES=off '$binary' tune 2>refusal.txt && grep -q DIMWISE_TILES refusal.txt"
check "a place that cannot be written is named" sh -c "! DIMWISE_TILES=/proc/nowhere/tiles.txt '$binary' tune --precision float 2>refusal.txt && grep -q /proc/nowhere refusal.txt"
check "and does not disturb other commands" env DIMWISE_TILES=/proc/nowhere/tiles.txt $draw --out other.npy
echo "$passed passed, $failed failed"
test $failed -eq 0
