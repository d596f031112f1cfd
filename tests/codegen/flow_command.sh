#!/bin/sh
# tests/codegen/flow_command.sh: the command `flow` of a model binary with a flow of two dimensions: fit, stop and go on, draw, densities, refusals.
# Usage: flow_command.sh BINARY. The last line is "N passed, N failed".
binary=$1
. "${0%/*}/checks.sh"
refused() {  # refused SENTENCE FLAG...
  sentence=$1
  shift
  if "$binary" flow "$@" >out.txt 2>&1 || ! grep -q -- "$sentence" out.txt; then failed=$((failed + 1)); echo "FAILED not refused: $sentence"; head -n 5 out.txt; else passed=$((passed + 1)); fi
}
# 400 points on an ellipse with a centre away from the origin
awk 'BEGIN { print "x_0,x_1"; for (i = 0; i < 400; i++) printf "%.6f,%.6f\n", 1 + cos(i * 2.4) * (0.5 + 0.1 * sin(i * 7.1)), sin(i * 2.4) - 0.5 }' >rows.csv
fit="$binary flow --data rows.csv --held-out rows.csv --steps 120 --batch 100 --rate 0.01 --solver-steps 4 --seed 3 --quiet"
check "fit" $fit --out p.safetensors --json f.json
check "it learned: less than 2.6 nats, a standard normal has 3.1" awk -F'[:,]' '/negative_log_likelihood/ { exit !($2 < 2.6 && $2 > 0) }' f.json
check "losses" grep -q validation p.safetensors.losses.csv
check "draw" "$binary" flow --sample 300 --parameters p.safetensors --out s.npy
check "densities of rows" "$binary" flow --density-of rows.csv --parameters p.safetensors --out l.npy
grep -o 'rows, [0-9.]* nats' out.txt >densities.txt
check "densities of samples" "$binary" flow --density-of s.npy --parameters p.safetensors --out m.npy
check "a finished run is taken as it is" $fit --out p.safetensors --resume --json g.json
check "with the same likelihood" sh -c 'grep negative f.json >f.txt && grep negative g.json >g.txt && cmp f.txt g.txt'
check "double precision, given parameters" "$binary" flow --density-of rows.csv --parameters p.safetensors --out d.npy --precision double
check "bench times solves" "$binary" bench --samples 32 --seconds 0.01 --json b.json
check "and their gradients" grep -q '"solve_gradient rings"' b.json
refused "give one of --data FILE" --out o.npy
refused "give one of --data FILE" --data rows.csv --sample 3
refused "no-such.csv" --data no-such.csv
refused "there is no checkpoint" --data rows.csv --resume --out q.safetensors
refused "carries no 'energy'" --data rows.csv --penalty energy=1 --steps 1
refused "has no ordinary differential equation 'second'" --data rows.csv --part second
refused "other settings" --data rows.csv --held-out rows.csv --steps 7 --out p.safetensors --resume
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
