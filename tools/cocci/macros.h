/* SPDX-License-Identifier: GPL-2.0 */
/* Words of kernel code that Coccinelle is to read past. */
#define __free(how)
#define __counted_by(field)
