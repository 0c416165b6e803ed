/* SPDX-License-Identifier: GPL-2.0 */
/* Words of kernel code that Coccinelle is to read past. */
#define __free(how)
#define __counted_by(field)
#define __rcu
#define __percpu
#define __user
#define __init
#define __exit
#define __net_init
#define __net_exit
