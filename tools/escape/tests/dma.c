// SPDX-License-Identifier: GPL-2.0
/* Memory that a device gets must not be on a stack. */
#include "kernel.h"

int usb_control_msg(void *dev, unsigned int pipe, int request, int type, int value,
		    int index, void *data, int size, int timeout);
unsigned long __phys_addr(unsigned long address);

static noinline int ask(void *dev, void *buf)
{
	return usb_control_msg(dev, 0, 0, 0, 0, 0, buf, 8, 0);
}

int directly(void *dev)
{
	void *buf = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path, used for DMA */
	int n = usb_control_msg(dev, 0, 0, 0, 0, 0, buf, 8, 0);

	kfree(buf);
	return n;
}

int by_wrapper(void *dev)
{
	void *buf = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path, used for DMA */
	int n = ask(dev, buf);

	kfree(buf);
	return n;
}

unsigned long physical(void)
{
	void *buf = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path, used for DMA */
	unsigned long n = __phys_addr((unsigned long)buf);

	kfree(buf);
	return n;
}

int not_at_all(void *dev)
{
	void *buf = kmalloc(8, GFP_KERNEL);	/* want: kmalloc(8) does not escape, freed here on every path */

	kfree(buf);
	return usb_control_msg(dev, 0, 0, 0, 0, 0, dev, 8, 0);
}
