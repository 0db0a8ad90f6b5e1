/*
 * The list of route tables.  A table that is not named here does not exist; what a row
 * says about callers is enforced in one place, dispatch.c.
 */
#include "fcgi/routes.h"

extern const struct route key_routes[];
extern const struct route login_routes[];
extern const struct route password_routes[];
extern const struct route session_routes[];
extern const struct route user_routes[];
extern const struct route invite_routes[];
extern const struct route provider_routes[];
extern const struct route oauth_routes[];
extern const struct route page_routes[];
extern const struct route device_routes[];
#ifdef FAZT_DEV
extern const struct route dev_routes[];
#endif
extern const struct route app_routes[];
extern const struct route quota_routes[];
extern const struct route lineage_routes[];
extern const struct route site_routes[];
extern const struct route alias_routes[];
extern const struct route domain_routes[];
extern const struct route deploy_routes[];
extern const struct route version_routes[];
extern const struct route delta_routes[];
extern const struct route file_routes[];
extern const struct route transfer_routes[];
extern const struct route install_routes[];
extern const struct route env_routes[];
extern const struct route data_kv_routes[];
extern const struct route data_doc_routes[];
extern const struct route data_blob_routes[];
extern const struct route log_routes[];
extern const struct route health_routes[];
extern const struct route openapi_routes[];
extern const struct route tls_routes[];
extern const struct route echo_routes[];

const struct route *const routes_all[] = {
	key_routes,
	login_routes,
	password_routes,
	session_routes,
	user_routes,
	invite_routes,
	provider_routes,
	oauth_routes,
	page_routes,
	device_routes,
#ifdef FAZT_DEV
	dev_routes,
#endif
	app_routes,
	quota_routes,
	lineage_routes,
	site_routes,
	alias_routes,
	domain_routes,
	deploy_routes,
	version_routes,
	delta_routes,
	file_routes,
	transfer_routes,
	install_routes,
	env_routes,
	data_kv_routes,
	data_doc_routes,
	data_blob_routes,
	log_routes,
	health_routes,
	openapi_routes,
	tls_routes,
	echo_routes,
	NULL,
};
