// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that must not become variables. Where the plugin is made to place them all
 * the same, each case, by its number, uses memory that is gone.
 */
#include "user.h"

struct node *global;
struct node *volatile hidden;

static noinline void to_global(void)
{
	global = kzalloc(sizeof(*global), GFP_KERNEL);
}

static noinline struct node *to_result(void)
{
	return kzalloc(sizeof(struct node), GFP_KERNEL);
}

static noinline void to_argument(struct node *p)
{
	p->next = kzalloc(sizeof(*p), GFP_KERNEL);
}

static noinline struct node *in_another(void)
{
	struct node *p = malloc(sizeof(*p));

	p->next = kzalloc(sizeof(*p), GFP_KERNEL);
	return p;
}

static noinline void publish(struct node *p)
{
	hidden = p;
}

static noinline void by_callee(void)
{
	publish(kzalloc(sizeof(struct node), GFP_KERNEL));
}

static noinline void on_list(struct list_head *head)
{
	struct node *p = kzalloc(sizeof(*p), GFP_KERNEL);

	list_add(&p->list, head);
}

static noinline void as_word(unsigned long *word)
{
	*word = (unsigned long)kzalloc(sizeof(struct node), GFP_KERNEL);
}

static noinline void by_pointer_to_pointer(struct node **p)
{
	*p = kzalloc(sizeof(**p), GFP_KERNEL);
}

static noinline void in_structure(struct list_head *to)
{
	struct list_head l;

	l.next = kzalloc(sizeof(struct node), GFP_KERNEL);
	l.prev = NULL;
	*to = l;
}

/* Carried by a loop: all rounds would have one variable. */
static noinline int carried(int n)
{
	struct node *old = NULL, *p;
	int sum = 0, i;

	for (i = 0; i < n; i++) {
		p = kzalloc(sizeof(*p), GFP_KERNEL);
		p->value = i;
		p->next = old;
		old = p;
	}
	for (i = 0; i < n; i++) {
		sum += old->value;
		old = old->next;
	}
	return sum;
}

static noinline int number(int argc, char **argv)
{
	return argc > 1 ? atoi(argv[1]) : 0;
}

int main(int argc, char **argv)
{
	struct node node = {}, *p = &node;
	struct list_head head;
	unsigned long word;

	INIT_LIST_HEAD(&head);
	switch (number(argc, argv)) {
	case 1:
		to_global();
		return global->value;
	case 2:
		return to_result()->value;
	case 3:
		to_argument(p);
		return p->next->value;
	case 4:
		return in_another()->next->value;
	case 5:
		by_callee();
		return hidden->value;
	case 6:
		on_list(&head);
		return container_of(head.next, struct node, list)->value;
	case 7:
		as_word(&word);
		return ((struct node *)word)->value;
	case 8:
		by_pointer_to_pointer(&p);
		return p->value;
	case 9:
		in_structure(&head);
		return ((struct node *)head.next)->value;
	case 10:
		if (carried(4) == 6)
			return 0;
		puts("wrong sum");
		return 1;
	default:
		return 0;
	}
}
