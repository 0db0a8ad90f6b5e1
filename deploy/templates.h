/*
 * Starter sites embedded in the binary.
 * Thread contract: immutable tables; staging as its owner.
 */
#ifndef DEPLOY_TEMPLATES_H
#define DEPLOY_TEMPLATES_H

#include "deploy/staging.h"

struct template {
	const char	*id;
	const char	*name;
	const char	*description;
};

/* Ended by a row with id NULL. */
extern const struct template templates_all[];

/* NULL when there is none of that id. */
const struct template *templates_find(const char *id);
/* Every file of the template into st. */
enum fz_err	 templates_stage(const struct template *, struct staging *,
		    struct response *) MUST_CHECK;

#endif
