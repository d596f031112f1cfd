# tests/count.awk: adds up what the test programs in CTest's log report, and prints "N passed, N failed".
# broken=1: the build failed, which counts as one failure. Catch2 counts its test cases; a command may end with "N passed, N failed"; anything else counts as one.
function finish_test() {
  if (!seen) return
  if (!counted) { if (ok) p = 1; else f = 1 }
  else if (!ok && f == 0) f = 1
  passed += p; failed += f
  if (!ok) bad = bad "  failed: " name "\n"
  seen = counted = ok = p = f = 0
}
/^[0-9]+\/[0-9]+ Testing: / { finish_test(); name = $3; seen = 1; inside = 0 }
/^Output:$/ { inside = 1 }
/^<end of output>$/ { inside = 0 }
inside && /^All tests passed \(/ { for (i = 1; i <= NF; i++) if ($i == "test") { p = $(i - 1); f = 0; counted = 1 } }
inside && /^test cases: / {
  p = f = 0; counted = 1
  for (i = 1; i <= NF; i++) { if ($i == "passed") p = $(i - 1); if ($i == "failed") f = $(i - 1) }
}
inside && /^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3; counted = 1 }
/^Test Passed\.$/ { ok = 1 }
END {
  finish_test()
  if (broken) {
    failed++
    bad = bad "  failed: the build\n"
  }
  printf "%s%d passed, %d failed\n", bad, passed, failed
  exit failed > 0 || passed == 0
}
