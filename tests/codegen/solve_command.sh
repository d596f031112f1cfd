#!/bin/sh
# tests/codegen/solve_command.sh: the command `solve` of a model binary: digits of published problems, tables, methods, refusals.
# Usage: solve_command.sh STIFF RINGS RELAXATION (examples/stiff, examples/rings, workload W6 with d = 16). The last line is "N passed, N failed".
stiff=$1
rings=$2
relaxation=$3
. "${0%/*}/checks.sh"
refused() {  # refused SENTENCE COMMAND...: one line that says it, status 1 and no new file
  sentence=$1
  shift
  before=$(ls)
  "$@" >said.txt 2>&1
  status=$?
  mv said.txt out.log
  if [ "$status" -eq 1 ] && grep -q -- "$sentence" out.log && [ "$(wc -l <out.log)" -eq 1 ] && [ "$(ls)" = "$before" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED not refused: $sentence (status $status)"
    head -n 5 out.log
  fi
}
: >out.txt
: >out.log
end_is() {  # end_is FILE COLUMN VALUE RELATIVE: the last row
  awk -F, -v c="$2" -v v="$3" -v r="$4" '{ last = $c } END { e = last / v - 1; if (e < 0) e = -e; if (!(e <= r)) print "the end is " last " instead of " v; exit !(e <= r) }' "$1"
}

# published problems, references of their literature
check "Robertson" "$stiff" robertson solve --initial 1,0,0 --t1 40 --rtol 1e-9 --atol 1e-12,1e-17,1e-12 --out robertson.csv --json robertson.json
check "its digits" end_is robertson.csv 3 0.9185534764557e-5 1e-6
check "the columns" sh -c 'head -n 1 robertson.csv | grep -qx t,x_0,x_1,x_2 && [ "$(wc -l <robertson.csv)" -eq 3 ]'
check "figures" sh -c 'grep -q "\"status\": \"success\"" robertson.json && grep -q "\"jacobians\": [1-9]" robertson.json && grep -q "BDF with Newton" robertson.json'
check "Van der Pol" "$stiff" van_der_pol solve --initial 2,0 --t1 2 --rtol 1e-9 --atol 1e-12 --method bdf-jacobi-newton --save-every 0.25 --out v.csv
check "its digits" end_is v.csv 3 -0.8928097010247975 1e-6
check "its times" sh -c '[ "$(cut -d, -f1 v.csv | paste -sd " ")" = "t 0 0.25 0.5 0.75 1 1.25 1.5 1.75 2" ]'
check "HIRES falls back and says so" sh -c '"$0" hires solve --initial 1,0,0,0,0,0,0,0.0057 --t1 321.8122 --rtol 1e-9 --atol 1e-14 --method bdf-jacobi-newton --out h.csv && grep -q "Solved by Newton, after" out.txt' "$stiff"
check "its digits" end_is h.csv 2 0.7371312573325668e-3 1e-6
check "Oregonator" "$stiff" oregonator solve --initial 1,2,3 --t1 360 --rtol 1e-9 --atol 1e-12 --out o.csv
check "its digits" end_is o.csv 2 0.1000814870318523e1 1e-6
check "Pollution" "$stiff" pollution solve --initial 0,0.2,0,0.04,0,0,0.1,0.3,0.01,0,0,0,0,0,0,0,0.007,0,0,0 --t1 60 --rtol 1e-9 --atol 1e-18 --out p.csv
check "its digits" end_is p.csv 21 0.5682943292316392e-4 1e-6

# a constant, times by hand, a table as the start, backward in time, every way to solve
easy="$stiff van_der_pol solve --constant epsilon=1"
check "to 3" $easy --initial 2,0.5 --t1 3 --rtol 1e-10 --atol 1e-10 --save-at 0.5,1.5,3 --out a.csv
x=$(tail -n 1 a.csv | cut -d, -f2)
for method in auto bosh3 dopri5 tsit5 dopri8 bdf-jacobi-newton bdf-newton bdf-newton-krylov bdf-functional adams-jacobi-newton adams-newton adams-newton-krylov adams-functional; do
  check "$method" $easy --initial 2,0.5 --t1 3 --rtol 1e-8 --atol 1e-8 --method $method --out m.csv
  check "$method, digits" end_is m.csv 2 "$x" 3e-5
done
for method in midpoint rk4; do
  check "$method" $easy --initial 2,0.5 --t1 3 --method $method --steps 2000 --out m.csv
  check "$method, digits" end_is m.csv 2 "$x" 1e-5
done
check "the last row as a table" sh -c 'sed -n "1p;4p" a.csv >last.csv'
check "back from there, at the time that it says" $easy --initial last.csv --t1 0 --rtol 1e-10 --atol 1e-10 --save-every 1 --out b.csv
check "there and back" end_is b.csv 2 2 1e-7
check "its times" sh -c '[ "$(cut -d, -f1 b.csv | paste -sd " ")" = "t 3 2 1 0" ]'
check "no time at all" $easy --initial 2,0.5 --t1 0 --out z.csv
check "one row" sh -c '[ "$(paste -sd " " z.csv)" = "t,x_0,x_1 0,2,0.5" ]'
printf 'x_1,x_0\n0.5,2\n-1,1\n' >two.csv
check "two at once, columns in another order" $easy --initial two.csv --t1 3 --method dopri5 --save-every 1.5 --out w.csv
check "solutions one after the other" sh -c '[ "$(cut -d, -f1,2 w.csv | paste -sd " ")" = "sample,t 0,0 0,1.5 0,3 1,0 1,1.5 1,3" ]'
check "one alone has the same digits" sh -c '"$@" --initial 2,0.5 --t1 3 --method dopri5 --save-every 1.5 --out alone.csv && [ "$(sed -n 4p w.csv)" = "0,$(sed -n 4p alone.csv)" ]' sh $easy
check "arrays" $easy --initial two.csv --t1 3 --out arrays/w.npy
check "are there" sh -c 'head -c 128 arrays/w.npy | grep -aq "(2, 2, 2)" && test -s arrays/w.time.npy'
check "arrays as a start" sh -c '"$@" --initial arrays/w.time.npy --t1 1 && grep -q "x_0" out.txt' sh $easy
check "a flow carries its log density" "$rings" solve --initial 0.5,-1 --t1 1 --rtol 1e-9 --atol 1e-9 --out f.csv
check "in its column" sh -c 'head -n 1 f.csv | grep -qx t,x_0,x_1,log_density'
sed -n "1p;3p" f.csv >last_flow.csv
check "and comes back" "$rings" solve --initial last_flow.csv --t1 0 --rtol 1e-9 --atol 1e-9 --out g.csv
check "to 0" awk -F, 'END { exit !($4 < 1e-7 && $4 > -1e-7) }' g.csv
zeros=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
check "an input" "$relaxation" solve --initial $zeros --input phase=0 --t1 1 --out i.csv

# a solve that cannot go on: the table ends where it came to, the status is 1
check "too many steps" sh -c '"$@" --initial 2,0.5 --t1 3000 --most-steps 50 --save-every 1 --method dopri5 --out short.csv >short.txt 2>&1; [ $? -eq 1 ]' sh $easy
check "it says so" grep -q "as many steps as it was allowed.*The table ends there" short.txt
check "no row beyond" sh -c 'rows=$(wc -l <short.csv) && [ "$rows" -gt 3 ] && [ "$rows" -lt 100 ]'

refused_easy() {
  sentence=$1
  shift
  refused "$sentence" $easy "$@" --out no.csv
}
refused_easy "--initial is missing: 2 numbers"
refused_easy "has 3 numbers, and the state 'x' has 2 coordinates" --initial 1,2,3
refused_easy "'nan' is not a finite number" --initial 1,nan
refused_easy "'' is not a finite number" --initial 1,
refused_easy "there is no such file" --initial start
refused_easy "cannot read 'none.csv'" --initial none.csv
printf 'x_0,y\n1,2\n' >other.csv
refused_easy "'other.csv' has no column 'x_1'" --initial other.csv
printf 'x_0,x_1\n1,nan\n' >nan.csv
refused_easy "line 2, column 'x_1': 'nan' is not a finite number" --initial nan.csv
printf 'x_0,x_1\n' >empty.csv
refused_easy "'empty.csv' has no rows" --initial empty.csv
refused_easy "all solutions start at one time, and this row is at 1.5, the first at 0.5" --initial a.csv
refused_easy "says that its rows are at time 3" --initial last.csv --t0 1
refused_easy "--method 'ode45' is unknown; it is one of auto, euler" --initial 1,2 --method ode45
refused_easy "euler has no error estimate: give --steps" --initial 1,2 --method euler
refused_easy "--steps is for the explicit schemes" --initial 1,2 --steps 5
refused_easy "--steps must not be negative" --initial 1,2 --steps -5 --method rk4
refused_easy "--rtol must be a number" --initial 1,2 --rtol -1
refused_easy "--threads must not be negative" --initial 1,2 --threads -1
refused_easy "--rtol must be a number" --initial 1,2 --rtol nan
refused_easy "--atol 'small': 'small' is not" --initial 1,2 --atol small
refused_easy "--atol has 3 numbers" --initial 1,2 --atol 1,2,3
refused_easy "one of --rtol and --atol must be above zero" --initial 1,2 --rtol 0 --atol 0
refused_easy "--t1 'inf' is not a finite number" --initial 1,2 --t1 inf
refused_easy "--save-every must be positive" --initial 1,2 --save-every -1
refused_easy "more than 1e7 rows" --initial 1,2 --save-every 1e-9
refused_easy "give one of --save-every and --save-at" --initial 1,2 --save-every 1 --save-at 1
refused_easy "--save-at: 2 is not between the start 0 and the end 1" --initial 1,2 --save-at 0.5,2
refused_easy "no ordinary differential equation 'none'" --initial 1,2 --ode none
refused_easy "it has: epsilon" --initial 1,2 --constant mu=2
refused_easy "the model has no such input; it has: none" --initial 1,2 --input u=2
refused_easy "none.safetensors" --initial 1,2 --parameters none.safetensors
refused_easy "'metres' is unknown" --initial 1,2 --units metres
refused "the name must end in .csv or .npy" $easy --initial 1,2 --out table.txt
mkdir folder.csv
refused "cannot write 'folder.csv': it is a folder" $easy --initial 1,2 --out folder.csv
refused "'two.csv' is no folder" $easy --initial 1,2 --out two.csv/no.csv
refused "cannot write '/proc/none.csv'" $easy --initial 1,2 --out /proc/none.csv
refused "--input phase=FILE.npy (or =NUMBER) is missing" "$relaxation" solve --initial $zeros --out no.csv
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
