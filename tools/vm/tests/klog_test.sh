#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

filters "a quiet log" ./klog.pl '0' <<'EOF'
[    1.449305] vm: init of 6.12
[    1.467597] kspan: loaded
EOF

filters "what came before init" ./klog.pl '0' <<'EOF'
[    0.300000] WARNING: CPU: 0 PID: 1 at somewhere
[    1.449305] vm: init of 6.12
EOF

filters "a warning, whole and once" ./klog.pl \
'FAILED kernel log: WARNING: CPU: 1 PID: 165 at span.c:9 f+0xa4/0xff0
    Call Trace:
     f+0xa4/0xff0
    ---[ end trace 0000000000000000 ]---
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    1.531000] ------------[ cut here ]------------
[    1.531931] WARNING: CPU: 1 PID: 165 at span.c:9 f+0xa4/0xff0
[    1.532000] Call Trace:
the script says something
[    1.532001]  f+0xa4/0xff0
[    1.532002] ---[ end trace 0000000000000000 ]---
[    1.532003] kspan: goes on
EOF

filters "two reports, at different times" ./klog.pl \
'FAILED kernel log: BUG: KASAN: slab-use-after-free in f+0x1/0x2
    Read of size 8
FAILED kernel log: BUG: sleeping function called from invalid context at x.c:1
2' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2
[    2.000010] Read of size 8
[    3.000000] BUG: sleeping function called from invalid context at x.c:1
EOF

filters "a report between the markers" ./klog.pl \
'FAILED kernel log: WARNING: second
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] kspan-test: expect-report begin
[    2.000001] WARNING: first
[    2.000002] Call Trace:
[    2.000003] kspan-test: expect-report end
[    2.000004] WARNING: second
EOF

filters "a marker that is left open" ./klog.pl \
'FAILED kernel log: expect-report begin without its end
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] kspan-test: expect-report begin
EOF

filters "the script's own words" ./klog.pl '0' <<'EOF'
[    1.449305] vm: init of 6.12
# WARNING: this is not the kernel
EOF

filters "a report behind the beginning of another line" ./klog.pl \
'FAILED kernel log: WARNING: possible circular locking dependency detected
1' <<'EOF'
[    1.449305] vm: init of 6.12
ok 1 o[    2.000000] WARNING: possible circular locking dependency detected
EOF

filters "lost tasks, stalls, leaks" ./klog.pl \
'FAILED kernel log: INFO: task kworker/0:1:9 blocked for more than 122 seconds.
FAILED kernel log: rcu: INFO: rcu_preempt self-detected stall on CPU
FAILED kernel log: watchdog: BUG: soft lockup - CPU#1 stuck for 26s!
FAILED kernel log: kmemleak: 3 new suspected memory leaks
4' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] INFO: task kworker/0:1:9 blocked for more than 122 seconds.
[    3.000000] rcu: INFO: rcu_preempt self-detected stall on CPU
[    4.000000] watchdog: BUG: soft lockup - CPU#1 stuck for 26s!
[    5.000000] kmemleak: 3 new suspected memory leaks
EOF

filters "a race of the kernel's own, and one of ours" ./klog.pl \
'FAILED kernel log: BUG: KCSAN: data-race in span_free [kspan] / tick
     span_free+0x1/0x2 [kspan]
    ==================================================================
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] ==================================================================
[    2.000001] BUG: KCSAN: data-race in tick / tock
[    2.000002]  tick+0x1/0x2
[    2.000003] ==================================================================
[    2.000004] ==================================================================
[    2.000005] BUG: KCSAN: data-race in span_free [kspan] / tick
[    2.000006]  span_free+0x1/0x2 [kspan]
[    2.000007] ==================================================================
EOF

filters "a race of an interrupt, which has met us, and of us in one" ./klog.pl \
'FAILED kernel log: BUG: KCSAN: data-race in tick / tock
    read to 0xffff88803e81ecd8 of 8 bytes by interrupt on cpu 1:
     tick+0x1/0x2
     asm_sysvec_apic_timer_interrupt+0x1b/0x20
     default_idle_call+0x43/0x118
    write to 0xffff88803e81ecd8 of 8 bytes by task 9 on cpu 0:
     span_free+0x1/0x2 [kspan]
    ==================================================================
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] ==================================================================
[    2.000001] BUG: KCSAN: data-race in tick / tock
[    2.000002] read to 0xffff88803e81ecd8 of 8 bytes by interrupt on cpu 1:
[    2.000003]  tick+0x1/0x2
[    2.000004]  asm_sysvec_apic_timer_interrupt+0x1b/0x20
[    2.000005]  span_free+0x1/0x2 [kspan]
[    2.000006] ==================================================================
[    3.000001] BUG: KCSAN: data-race in tick / tock
[    3.000002] read to 0xffff88803e81ecd8 of 8 bytes by interrupt on cpu 1:
[    3.000003]  tick+0x1/0x2
[    3.000004]  asm_sysvec_apic_timer_interrupt+0x1b/0x20
[    3.000005]  default_idle_call+0x43/0x118
[    3.000006] write to 0xffff88803e81ecd8 of 8 bytes by task 9 on cpu 0:
[    3.000007]  span_free+0x1/0x2 [kspan]
[    3.000008] ==================================================================
EOF

filters "a race of the kernel with its timer, for one of us that sleeps" ./klog.pl \
'0' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] ==================================================================
[    2.000001] BUG: KCSAN: data-race in hrtimer_wakeup / schedule_hrtimeout_range_clock
[    2.000002] write to 0xffff8880388bbd10 of 8 bytes by interrupt on cpu 1:
[    2.000003]  hrtimer_wakeup+0x2d/0x50
[    2.000004]  asm_sysvec_apic_timer_interrupt+0x1b/0x20
[    2.000005]  schedule_hrtimeout_range+0x2e/0x40
[    2.000006]  frees+0x2b3/0x530 [kspan_kunit]
[    2.000007] read to 0xffff8880388bbd10 of 8 bytes by task 600 on cpu 1:
[    2.000008]  schedule_hrtimeout_range_clock+0xf6/0x150
[    2.000009]  usleep_range_state+0x6d/0x90
[    2.000010]  frees+0x2b3/0x530 [kspan_kunit]
[    2.000011] ==================================================================
EOF

filters "races of page allocator and work queues, and of ours in reclaim" ./klog.pl \
'FAILED kernel log: BUG: KCSAN: data-race in count / tick_do_update_jiffies64
    read to 0xffffffff81c079c0 of 8 bytes by task 9 on cpu 0:
     count+0x1/0x2 [kspan]
     shrink_node+0x224/0x1080
     __alloc_pages_noprof+0x183/0x2c0
     kspan_backing_get+0x105/0x180 [kspan]
    ==================================================================
1' <<'EOF'
[    1.449305] vm: init of 6.12
[    2.000000] ==================================================================
[    2.000001] BUG: KCSAN: data-race in shrink_node / tick_do_update_jiffies64
[    2.000002] read to 0xffffffff81c079c0 of 8 bytes by task 9 on cpu 0:
[    2.000003]  shrink_node+0x224/0x1080
[    2.000004]  __alloc_pages_noprof+0x183/0x2c0
[    2.000005]  kspan_backing_get+0x105/0x180 [kspan]
[    2.000006] ==================================================================
[    3.000001] BUG: KCSAN: data-race in move_linked_works / queue_delayed_work_on
[    3.000002] read-write (marked) to 0xffff888003cee0f8 of 8 bytes by task 9 on cpu 0:
[    3.000003]  queue_delayed_work_on+0x42/0x90
[    3.000004]  kspan_peak_grown+0xa0/0xb0 [kspan]
[    3.000005] ==================================================================
[    4.000001] BUG: KCSAN: data-race in count / tick_do_update_jiffies64
[    4.000002] read to 0xffffffff81c079c0 of 8 bytes by task 9 on cpu 0:
[    4.000003]  count+0x1/0x2 [kspan]
[    4.000004]  shrink_node+0x224/0x1080
[    4.000005]  __alloc_pages_noprof+0x183/0x2c0
[    4.000006]  kspan_backing_get+0x105/0x180 [kspan]
[    4.000007] ==================================================================
EOF

end_of_tests
