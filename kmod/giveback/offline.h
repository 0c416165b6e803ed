/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is about to go offline: heaps give up what is free there, and say
 * no if something is not.
 */
#ifndef _KSPAN_OFFLINE_H
#define _KSPAN_OFFLINE_H

int kspan_offline_init(void);
void kspan_offline_exit(void);

#endif /* _KSPAN_OFFLINE_H */
