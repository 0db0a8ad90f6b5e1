/*
 * One line a shape, in a small notation, because the same thing as JSON Schema is five
 * times as long and nobody checks it:
 *
 *	name:type	a required member		name?:type	may be absent
 *	s i n b t	string, integer, number, boolean, time (RFC 3339)
 *	any object	anything, any object		bytes		raw bytes
 *	a|b|c		one of these words		Name		another shape
 *	[type]		a list				type~		or null
 *
 * A text that starts with '{' is JSON Schema itself with ' for ".  "+Name" first takes
 * over the members of another shape.  Answers may always carry more members than are
 * named, so nothing is closed.
 */
#include "admin/schema.h"

#include <string.h>

#include "base/err.h"

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

struct schema {
	const char	*name;
	const char	*media;		/* NULL = JSON */
	const char	*text;
};

#define SOURCE_FIELDS "source:deploy|git|template|fork|system|import " \
	"source_url:s source_ref:s source_commit:s "
#define SOURCE_WANTED "source_type?:s source_url?:s source_ref?:s source_commit?:s"
#define VISIBILITY ":public|unlisted|private "
#define ALIAS_TYPE ":proxy|redirect|reserved|split "

static const struct schema schemas[] = {
	{ "Message", NULL, "message:s" },
	{ "Text", TEXT_TYPE, "{'type':'string'}" },
	{ "Bytes", "application/octet-stream", "{}" },
	{ "Metrics", TEXT_TYPE, "{'type':'string'}" },
	{ "OpenAPI", NULL, "openapi:s info:object paths:object components:object" },
	{ "Meta", NULL, "offset?:i limit?:i total?:i has_more?:b next_cursor?:s~" },
	{ "Echo", NULL, "host:s ip:s secure:b announced:i received:i" },
	{ "Health", NULL, "status:healthy|warning|unhealthy uptime_seconds:n version:s "
	    "mode:production|development memory:object database:object runtime:object" },

	{ "Key", NULL, "id:i name:s scopes:s created_at:t last_used_at?:t key_id:s "
	    "prefix:s expires_at:t~ created_by:s last_used_ip:s~" },
	{ "KeyList", NULL, "keys:[Key]" },
	{ "KeyCreate", NULL, "name:s scopes?:any expires_in?:any" },
	{ "KeyToken", NULL, "token:s message:s id:i key_id:s scopes:s expires_at:t~" },
	{ "KeySelf", NULL, "id:i key_id:s name:s scopes:s expires_at:t~" },
	{ "Me", NULL, "{'type':'object','description':'User, or {key: KeySelf} for a key'}" },

	{ "Login", NULL, "username?:s email?:s password:s remember_me?:b" },
	{ "AuthSession", NULL, "authenticated:b user?:User" },
	{ "AuthStatus", NULL, "authenticated:b username?:s email?:s role?:s" },
	{ "UserMe", NULL, "username:s email:s role:s version:s" },
	{ "Reauth", NULL, "password:s" },
	{ "FreshUntil", NULL, "fresh_until:t" },
	{ "PasswordChange", NULL, "current:s new:s" },
	{ "User", NULL, "id:s email:s name:s picture:s provider:s role:owner|admin|user "
	    "created_at:i disabled:b email_verified:b invited_by?:s last_login?:i" },
	{ "UserChange", NULL, "disabled?:b name?:s" },
	{ "UserRole", NULL, "user_id?:s email?:s role:owner|admin|user" },
	{ "UserRoleSet", NULL, "message:s user_id:s email:s role:s" },
	{ "UserApp", NULL, "app_id:s kv_count:i doc_count:i" },
	{ "UserTotals", NULL, "app_count:i kv_count:i doc_count:i" },
	{ "UserStatus", NULL, "user:User apps:[UserApp] totals:UserTotals" },
	{ "Session", NULL, "id:s kind:admin|sso|app user:User app:s~ host:s ip:s user_agent:s "
	    "created_at:i last_seen_at:i expires_at:i current:b" },
	{ "Revoked", NULL, "revoked:i" },
	{ "InviteCreate", NULL, "role?:owner|admin|user max_uses?:i expiry_days?:i email?:s" },
	{ "InviteCreated", NULL, "id:s code:s url:s role:s expires_at:i" },
	{ "Invite", NULL, "id:s role:s created_by:s email?:s created_at:i expires_at:i "
	    "max_uses:i use_count:i status:active|used|expired" },
	{ "InviteOffer", NULL, "role:s email:s expires_at:i" },
	{ "InviteUse", NULL, "email:s name?:s password:s" },
	{ "InviteUsed", NULL, "user:User message:s" },
	{ "Provider", NULL, "name:s display_name:s enabled:b client_id:s type:oidc|oauth2 "
	    "configured:b issuer:s callback_url:s" },
	{ "ProviderSet", NULL, "client_id?:s client_secret?:s enable?:b issuer?:s "
	    "display_name?:s scopes?:s" },
	{ "ProviderState", NULL, "name:s enabled:b configured:b" },
	{ "Link", NULL, "redirect?:s" },
	{ "LinkUrl", NULL, "url:s" },
	{ "DeviceAsk", NULL, "client?:s" },
	{ "DeviceCode", NULL, "device_code:s user_code:s verification_uri:s expires_in:i "
	    "interval:i" },
	{ "DevicePoll", NULL, "device_code:s" },
	{ "DeviceToken", NULL, "token:s key_id:s scopes:s" },
	{ "DeviceDecision", NULL, "user_code:s decision:approve|deny full?:b" },
	{ "DevSignIn", NULL, "email:s name?:s role?:owner|admin|user redirect?:s" },

	{ "Empty", NULL, "{'type':'object'}" },
	{ "EnvVar", NULL, "id:i name:s updated_at:t" },
	{ "EnvList", NULL, "vars:[EnvVar]" },
	{ "EnvSet", NULL, "site_id:s name:s value:s" },

	{ "AnyValue", NULL, "{}" },
	{ "DataKey", NULL, "key:s value:any expires_at:t~ user_id:s~" },
	{ "DataCollection", NULL, "collection:s count:i bytes:i indexes:[DataIndex] "
	    "user_id:s~" },
	{ "DataIndex", NULL, "name:s fields:[s] unique?:b search?:b" },
	{ "Document", NULL, "{'type':'object'}" },
	{ "DocumentId", NULL, "id:s" },
	{ "DataBlob", NULL, "path:s mime:s size:i hash:s updated_at:t user_id:s~" },
	{ "BlobWritten", NULL, "path:s size:i hash:s mime:s" },
	{ "BlobDeleted", NULL, "path:s" },

	{ "App", NULL, "id:s title:s name:s description:s tags:[s] visibility" VISIBILITY
	    SOURCE_FIELDS "original_id:s forked_from_id:s file_count:i size_bytes:i "
	    "created_at:t updated_at:t aliases:[s] url?:s~ deploy?:i~ spa:b enabled:b "
	    "maintenance:b manifest:object" },
	{ "AppCreate", NULL, "title:s description?:s tags?:[s] visibility?" VISIBILITY
	    "alias?:s template?:s" },
	{ "AppCreated", NULL, "id:s title:s visibility" VISIBILITY "alias?:s url?:s" },
	{ "AppUpdate", NULL, "title?:s description?:s tags?:[s] visibility?" VISIBILITY
	    "spa?:b enabled?:b maintenance?:b maintenance_message?:s preview?:object "
	    "keep_deploys?:i quotas?:object" },
	{ "AppUpdated", NULL, "id:s message:s" },
	{ "AppDeleted", NULL, "id:s title:s name:s deleted:i message:s" },
	{ "AppStatusApp", NULL, "id:s name:s source:s manifest:object file_count:i "
	    "size_bytes:i created_at:t updated_at:t aliases:[s]" },
	{ "AppStatus", NULL, "app:AppStatusApp users:[object] totals:object" },
	{ "AppSource", NULL, "type:s url?:s ref?:s commit?:s" },
	{ "AppFork", NULL, "alias?:s copy_storage?:b" },
	{ "AppForked", NULL,
	    "id:s title:s forked_from_id:s original_id:s alias?:s url?:s" },
	{ "AppRef", NULL, "id:s title:s aliases:[s]" },
	{ "AppLineage", NULL, "id:s title:s aliases:[s] forks:[AppLineage]" },
	{ "AppScaffold", NULL, "name:s template?:s" },
	{ "AppScaffolded", NULL, "name:s template:s url:s id:s" },
	{ "AppInstall", NULL, "url:s name?:s" },
	{ "AppInstalled", NULL, "name:s url:s source:s commit:s" },
	{ "Templates", NULL, "{'type':'array','items':{'anyOf':[{'type':'string'},"
	    "{'$ref':'#/components/schemas/Template'}]}}" },
	{ "Template", NULL, "id:s name:s description:s" },
	{ "QuotaUse", NULL, "used:i limit:i" },
	{ "AppUsage", NULL, "disk:QuotaUse files:QuotaUse docs:QuotaUse kv:QuotaUse "
	    "blobs:QuotaUse logs:QuotaUse" },
	{ "AppQuotas", NULL, "disk_bytes?:i~ files?:i~ docs?:i~ kv_keys?:i~ "
	    "blob_bytes?:i~ cpu_ms_per_min?:i~ requests_per_s?:i~ concurrency?:i~ "
	    "egress_per_min?:i~ log_rows?:i~ heap_bytes?:i~ wall_ms?:i~ cpu_ms?:i~" },
	{ "AppExport", "application/zip", "{}" },
	{ "AppImport", "multipart/form-data",
	    "file:bytes alias?:s data?:b overwrite?:b" },
	{ "AppImported", NULL, "id:s title:s alias:s deploy:i docs:i kv:i blobs:i "
	    "skipped:i env:[s]" },

	{ "DeployUpload",
	    "multipart/form-data,application/zip,application/gzip,application/x-tar",
	    "file:bytes site_name:s spa?:b message?:s draft?:b strip?:i " SOURCE_WANTED },
	{ "Warning", NULL, "file?:s line?:i column?:i message:s" },
	{ "DeployResult", NULL, "site:s file_count:i size_bytes:i message:s app_id:s "
	    "deploy:i live:b unchanged:b url:s preview_url:s warnings:[Warning]" },
	{ "Deploy", NULL, "n:i created_at:t deployed_by:s message:s " SOURCE_FIELDS
	    "file_count:i size_bytes:i digest:s live:b draft:b preview_url:s" },
	{ "DeployDiff", NULL, "added:[s] changed:[s] removed:[s]" },
	{ "DeployDetail", NULL, "+Deploy diff:DeployDiff" },
	{ "Rollback", NULL, "to?:i" },
	{ "RolledBack", NULL, "deploy:i previous:i message:s" },
	{ "Promote", NULL, "deploy:i to?:s" },
	{ "Promoted", NULL, "id:s deploy:i previous:i message:s" },
	{ "ManifestFile", NULL, "path:s sha256:s size:i" },
	{ "DeployManifest", NULL, "site_name:s files:[ManifestFile] spa?:b message?:s "
	    "draft?:b " SOURCE_WANTED },
	{ "DeployMissing", NULL, "upload_id:s missing:[s] expires_in:i" },
	{ "DeployBlob", NULL, "sha256:s size:i" },
	{ "DeployCommit", NULL, "upload_id:s" },
	{ "Deployment", NULL,
	    "id:any site_id:s size_bytes:i file_count:i deployed_by:s created_at:t" },
	{ "Deployments", NULL, "deployments:[Deployment]" },

	{ "File", NULL, "path:s size:i mod_time:t mime_type:s hash:s modified:t" },
	{ "FileWritten", NULL, "path:s size:i hash:s deploy:i" },
	{ "FileDeleted", NULL, "path:s deploy:i" },
	{ "Site", NULL, "Name:s Path:s FileCount:i SizeBytes:i ModTime:t" },

	{ "Alias", NULL, "subdomain:s type" ALIAS_TYPE
	    "targets?:any created_at:t updated_at:t" },
	{ "AliasCreate", NULL, "subdomain:s type?:proxy|app|redirect|reserved app_id?:s "
	    "url?:s status?:i keep_path?:b" },
	{ "AliasUpdate", NULL, "type?:proxy|app|redirect|reserved app_id?:s url?:s "
	    "status?:i keep_path?:b" },
	{ "AliasWritten", NULL, "+Alias message:s" },
	{ "AliasDeleted", NULL, "subdomain:s message:s" },
	{ "AliasTarget", NULL, "app_id:s weight:i" },
	{ "AliasSplit", NULL, "targets:[AliasTarget]" },
	{ "AliasSplitDone", NULL,
	    "subdomain:s type:split targets:[AliasTarget] message:s" },
	{ "AliasSwap", NULL, "alias1:s alias2:s" },
	{ "AliasSwapped", NULL, "alias1:s alias2:s message:s" },
	{ "DomainDns", NULL, "type:s name:s value:s" },
	{ "Domain", NULL, "domain:s app_id:s status:pending|active|error redirect_to:s~ "
	    "dns:DomainDns checked_at:t~ error:s~" },
	{ "LogLine", NULL, "id:i site_id:s~ level:debug|info|warn|error message:s file?:s "
	    "line?:i request_id?:s created_at:t" },
	{ "Logs", NULL, "logs:[LogLine]" },
	{ "LogStream", "text/event-stream", "{'type':'string'}" },
	{ "RequestRecord", NULL, "id:i at:t app_id:s~ deploy:i host:s method:s path:s "
	    "status:i ms:n cpu_ms:n bytes_in:i bytes_out:i ip:s ua:s user_id:s~ error:s~ "
	    "request_id:s" },
	{ "DomainCreate", NULL, "domain:s redirect_to?:s" },
	{ NULL, NULL, NULL }
};

static const struct schema *
find(const char *name, size_t len)
{
	for (const struct schema *s = schemas; s->name != NULL; s++)
		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return s;
	return NULL;
}

static bool
is_list(const char *name)
{
	return name[0] == '[' && name[strlen(name) - 1] == ']';
}

static const struct schema *
named(const char *name)
{
	if (name == NULL)
		return NULL;
	if (is_list(name))
		return find(name + 1, strlen(name) - 2);
	return find(name, strlen(name));
}

bool
schema_known(const char *name)
{
	return named(name) != NULL;
}

const char *
schema_media(const char *name)
{
	const struct schema *s = named(name);

	return s != NULL && s->media != NULL ? s->media : JSON_TYPE;
}

static void
put_ref(struct buf *b, const char *name, size_t len)
{
	buf_printf(b, "{\"$ref\":\"#/components/schemas/%.*s\"}", (int)len, name);
}

void
schema_ref(struct buf *b, const char *name)
{
	const struct schema *s = named(name);

	if (s != NULL && is_list(name))
		buf_puts(b, "{\"type\":\"array\",\"items\":");
	if (s != NULL)
		put_ref(b, s->name, strlen(s->name));
	else
		buf_puts(b, "{}");
	if (s != NULL && is_list(name))
		buf_putc(b, '}');
}

static void
put_enum(struct buf *b, const char *s, size_t len)
{
	buf_puts(b, "{\"type\":\"string\",\"enum\":[\"");
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '|')
			buf_puts(b, "\",\"");
		else
			buf_putc(b, s[i]);
	}
	buf_puts(b, "\"]}");
}

static void
put_word(struct buf *b, const char *s, size_t len)
{
	static const struct {
		const char	*word;
		const char	*json;
	} words[] = {
		{ "s", "{\"type\":\"string\"}" },
		{ "i", "{\"type\":\"integer\"}" },
		{ "n", "{\"type\":\"number\"}" },
		{ "b", "{\"type\":\"boolean\"}" },
		{ "t", "{\"type\":\"string\",\"format\":\"date-time\"}" },
		{ "any", "{}" },
		{ "object", "{\"type\":\"object\"}" },
		{ "bytes", "{\"type\":\"string\",\"format\":\"binary\"}" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, s, len) == 0) {
			buf_puts(b, words[i].json);
			return;
		}
	if (s[0] >= 'A' && s[0] <= 'Z')
		put_ref(b, s, len);
	else
		put_enum(b, s, len);
}

static void
put_type(struct buf *b, const char *s, size_t len)
{
	if (s[len - 1] == '~') {
		buf_puts(b, "{\"anyOf\":[");
		put_type(b, s, len - 1);
		buf_puts(b, ",{\"type\":\"null\"}]}");
	} else if (s[0] == '[') {
		buf_puts(b, "{\"type\":\"array\",\"items\":");
		put_type(b, s + 1, len - 2);
		buf_putc(b, '}');
	} else {
		put_word(b, s, len);
	}
}

/* "name:type name?:type" as properties and required. */
static void
put_members(struct buf *b, const char *text)
{
	const char *p, *colon, *sep = "";
	size_t len;

	buf_puts(b, "{\"type\":\"object\",\"properties\":{");
	for (p = text; *p != '\0'; p += len + strspn(p + len, " ")) {
		len = strcspn(p, " ");
		colon = memchr(p, ':', len);
		buf_printf(b, "%s\"%.*s\":", sep,
		    (int)(colon - p - (colon[-1] == '?')), p);
		put_type(b, colon + 1, len - (size_t)(colon + 1 - p));
		sep = ",";
	}
	buf_puts(b, "},\"required\":[");
	sep = "";
	for (p = text; *p != '\0'; p += len + strspn(p + len, " ")) {
		len = strcspn(p, " ");
		colon = memchr(p, ':', len);
		if (colon[-1] == '?')
			continue;
		buf_printf(b, "%s\"%.*s\"", sep, (int)(colon - p), p);
		sep = ",";
	}
	buf_puts(b, "]}");
}

static void
put_schema(struct buf *b, const char *text)
{
	size_t len;

	if (text[0] == '{') {
		for (; *text != '\0'; text++)
			buf_putc(b, *text == '\'' ? '"' : *text);
	} else if (text[0] == '+') {
		len = strcspn(text, " ");
		buf_puts(b, "{\"allOf\":[");
		put_word(b, text + 1, len - 1);
		buf_putc(b, ',');
		put_members(b, text + len + 1);
		buf_puts(b, "]}");
	} else {
		put_members(b, text);
	}
}

/* The error envelope of every answer that is no success, codes from the error table. */
static void
put_error(struct buf *b)
{
	const char *sep = "";

	buf_puts(b, "\"Error\":{\"type\":\"object\",\"properties\":{\"error\":{\"type\":"
	    "\"object\",\"properties\":{\"code\":{\"type\":\"string\",\"enum\":[");
	for (enum fz_err e = FZ_OK + 1; e < FZ_AGAIN; e++) {
		buf_printf(b, "%s\"%s\"", sep, err_code(e));
		sep = ",";
	}
	buf_puts(b, "]},\"message\":{\"type\":\"string\"},"
	    "\"details\":{\"type\":\"object\"}},\"required\":[\"code\",\"message\"]}},"
	    "\"required\":[\"error\"]}");
}

void
schema_print(struct buf *b)
{
	put_error(b);
	for (const struct schema *s = schemas; s->name != NULL; s++) {
		buf_printf(b, ",\"%s\":", s->name);
		put_schema(b, s->text);
	}
}
