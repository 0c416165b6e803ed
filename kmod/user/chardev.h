/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/kspan: the ioctl interface of uapi/linux/kspan.h.
 */
#ifndef _KSPAN_CHARDEV_H
#define _KSPAN_CHARDEV_H

int kspan_chardev_init(void);
void kspan_chardev_exit(void);

#endif /* _KSPAN_CHARDEV_H */
