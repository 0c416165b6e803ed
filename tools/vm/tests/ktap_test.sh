#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

filters "counts passed, failed and skipped tests" ./ktap.pl \
'FAILED two
    # why
1 1 1' <<'EOF'
noise before
TAP version 13
1..3
ok 1 one
# why
not ok 2 - two
ok 3 three # SKIP not here
EOF

filters "counts leaves, not the tests that hold them" ./ktap.pl \
'FAILED suite/bad
        # bad: EXPECTATION FAILED at test.c:7
        Expected bad == 0, but
FAILED suite/each/param-1
        # each: wrong
3 2 1' <<'EOF'
KTAP version 1
1..1
    KTAP version 1
    # Subtest: suite
    # module: suite
    1..4
    ok 1 good
    # bad: EXPECTATION FAILED at test.c:7
    Expected bad == 0, but
    not ok 2 bad
        KTAP version 1
        # Subtest: each
        ok 1 param-0
    # each: wrong
        not ok 2 param-1
        ok 3 param-2
    # each: pass:2 fail:1 skip:0 total:3
    not ok 3 each
    ok 4 skipped # SKIP
# suite: pass:2 fail:2 skip:1 total:5
not ok 1 suite
EOF

filters "knows subtests without a version line" ./ktap.pl '2 0 0' <<'EOF'
KTAP version 1
1..1
    # Subtest: suite
    1..2
    ok 1 one
    ok 2 two
ok 1 suite
EOF

filters "knows subtests behind hash signs" ./ktap.pl \
'FAILED selftests: kspan: second.sh/b
1 1 0' <<'EOF'
TAP version 13
1..2
# ok 1 is only a remark
# selftests: kspan: first.sh
# TAP version 13
# 1..1
# ok 1 a
ok 1 selftests: kspan: first.sh
# TAP version 13
# 1..1
# not ok 1 b
not ok 2 selftests: kspan: second.sh
EOF

filters "a test that fails though its subtests pass" ./ktap.pl \
'FAILED suite
    # exit failed
1 1 0' <<'EOF'
KTAP version 1
1..1
    KTAP version 1
    1..1
    ok 1 one
# exit failed
not ok 1 suite
EOF

filters "several documents in one input" ./ktap.pl '3 0 0' <<'EOF'
KTAP version 1
1..1
    KTAP version 1
    1..1
    ok 1 one
ok 1 first
KTAP version 1
1..2
ok 1 two
ok 2 three
EOF

filters "fewer tests than planned" ./ktap.pl \
'FAILED plan
    3 tests planned, 1 run
    # last words
1 1 0' <<'EOF'
TAP version 13
1..3
ok 1 one
# last words
EOF

filters "fewer subtests than planned" ./ktap.pl \
'FAILED suite/plan
    2 tests planned, 1 run
1 1 0' <<'EOF'
KTAP version 1
1..1
    KTAP version 1
    1..2
    ok 1 one
ok 1 suite
EOF

filters "a plan that comes last" ./ktap.pl '1 0 0' <<'EOF'
TAP version 13
ok 1 one
1..1
EOF

filters "no plan" ./ktap.pl \
'FAILED plan
    no plan
1 1 0' <<'EOF'
TAP version 13
ok 1 one
EOF

filters "a test number out of order" ./ktap.pl \
'FAILED three
    test number 3 where 2 was due
1 1 0' <<'EOF'
TAP version 13
1..3
ok 1 one
ok 3 three
EOF

filters "an end in the middle of a subtest" ./ktap.pl \
'FAILED suite/each/result
    ended without its result
FAILED suite/result
    ended without its result
FAILED suite/plan
    2 tests planned, 0 run
FAILED plan
    1 tests planned, 0 run
1 4 0' <<'EOF'
KTAP version 1
1..1
    KTAP version 1
    # Subtest: suite
    1..2
        KTAP version 1
        # Subtest: each
        ok 1 param-0
EOF

filters "no KTAP at all" ./ktap.pl \
'FAILED KTAP
    no KTAP output
0 1 0' <<'EOF'
Segmentation fault
EOF

filters "everything skipped" ./ktap.pl '0 0 1' <<'EOF'
TAP version 13
1..0 # SKIP no /dev/kspan
EOF

filters "no tests though a plan says so" ./ktap.pl \
'FAILED plan
    no plan
0 1 0' <<'EOF'
TAP version 13
EOF

filters "tests given up" ./ktap.pl \
'FAILED bail out
    Bail out! no memory
1 1 0' <<'EOF'
TAP version 13
1..1
ok 1 one
Bail out! no memory
EOF

filters "expected failures" ./ktap.pl '0 0 2' <<'EOF'
TAP version 13
1..2
not ok 1 one # TODO later
not ok 2 two # XFAIL
EOF

filters "a hash sign in a name" ./ktap.pl \
'FAILED issue #7
0 1 0' <<'EOF'
TAP version 13
1..1
not ok 1 issue #7
EOF

end_of_tests
