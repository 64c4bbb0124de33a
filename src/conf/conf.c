/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/mem.h"

void conf_init(struct conf *c)
{
	*c = (struct conf){ 0 };
}

static void peer_fini(struct conf_peer *p)
{
	mem_free(p->psk_file);
	mem_free(p->host);
	mem_free(p->allowed);
	wipe(p, sizeof(*p));
}

void conf_fini(struct conf *c)
{
	size_t i;
	int kind;

	for (i = 0; i < c->n_peer; i++) {
		breath();
		peer_fini(&c->peer[i]);
	}
	mem_free(c->peer);
	for (kind = 0; kind < HOOK_KINDS; kind++) {
		for (i = 0; i < c->n_hook[kind]; i++)
			mem_free(c->hook[kind][i]);
		mem_free(c->hook[kind]);
	}
	for (i = 0; i < c->n_dns; i++)
		mem_free(c->dns[i].search);
	mem_free(c->dns);
	mem_free(c->address);
	mem_free(c->private_key_file);
	mem_free(c->path);
	wipe(c, sizeof(*c));
}

void conf_forget_secrets(struct conf *c)
{
	wipe(&c->private_key, sizeof(c->private_key));
	for (size_t i = 0; i < c->n_peer; i++)
		wipe(&c->peer[i].psk, sizeof(c->peer[i].psk));
}

void conf_drop_peers(struct conf *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_peer; i++) {
		if (c->peer[i].set & CONF_PEER_REMOVE)
			peer_fini(&c->peer[i]);
		else if (i == kept)
			kept++;
		else
			c->peer[kept++] = c->peer[i];
	}
	/* What has moved is still there as well. */
	if (kept < c->n_peer)
		wipe(c->peer + kept, (c->n_peer - kept) * sizeof(*c->peer));
	c->n_peer = kept;
}

/*
 * Make room for one more in an array of n whose capacity is the next power of two, so that the
 * short lists need no field for it. NULL: no memory, the array is unchanged.
 */
static void *grow(void *array, size_t n, size_t size)
{
	if (n == 0)
		return mem_new_array(1, size);
	if ((n & (n - 1)) != 0)
		return array;
	return mem_resize(array, 2 * n, size);
}

struct conf_peer *conf_add_peer(struct conf *c)
{
	struct conf_peer *bigger;
	size_t cap;

	if (c->n_peer == c->cap_peer) {
		cap = c->cap_peer ? 2 * c->cap_peer : 4;
		/* Not mem_resize(): it could leave preshared keys behind in freed memory. */
		bigger = mem_new_array(cap, sizeof(*bigger));
		if (!bigger)
			return NULL;
		if (c->n_peer) {
			memcpy(bigger, c->peer, c->n_peer * sizeof(*bigger));
			wipe(c->peer, c->n_peer * sizeof(*bigger));
		}
		mem_free(c->peer);
		c->peer = bigger;
		c->cap_peer = cap;
	}
	return &c->peer[c->n_peer++];
}

bool conf_peer_allow(struct conf_peer *p, const struct prefix *prefix, bool remove)
{
	struct conf_allowed *bigger;
	size_t cap;

	if (p->n_allowed == p->cap_allowed) {
		cap = p->cap_allowed ? 2 * p->cap_allowed : 4;
		bigger = mem_resize(p->allowed, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		p->allowed = bigger;
		p->cap_allowed = cap;
	}
	p->allowed[p->n_allowed++] = (struct conf_allowed){ .prefix = *prefix, .remove = remove };
	return true;
}

bool conf_add_address(struct conf *c, const struct prefix *address)
{
	struct prefix *list = grow(c->address, c->n_address, sizeof(*list));

	if (!list)
		return false;
	c->address = list;
	c->address[c->n_address++] = *address;
	return true;
}

bool conf_add_dns(struct conf *c, const struct ip *server, const char *search, size_t len)
{
	struct conf_dns *list = grow(c->dns, c->n_dns, sizeof(*list));
	struct conf_dns entry = { .server = *server };

	if (!list)
		return false;
	c->dns = list;
	if (server->family == 0) {
		entry.search = mem_text(search, len);
		if (!entry.search)
			return false;
	}
	c->dns[c->n_dns++] = entry;
	return true;
}

bool conf_add_hook(struct conf *c, enum conf_hook kind, const char *command, size_t len)
{
	char **list = grow(c->hook[kind], c->n_hook[kind], sizeof(*list));
	char *copy;

	if (!list)
		return false;
	c->hook[kind] = list;
	copy = mem_text(command, len);
	if (!copy)
		return false;
	list[c->n_hook[kind]++] = copy;
	return true;
}

static bool name_ok(const char *name, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_=+.-";

	if (len == 0 || len > CONF_NAME_MAX || strspn(name, allowed) < len)
		return false;
	return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

bool conf_name_ok(const char *name)
{
	return name_ok(name, strlen(name));
}

static int is_there(const char *path)
{
	if (access(path, F_OK) == 0)
		return 0;
	return errno == EACCES ? -EACCES : -ENOENT;
}

static int find_path(const char *arg, char *path, size_t path_size, char name[CONF_NAME_MAX + 1])
{
	const char *base = strrchr(arg, '/') + 1;
	size_t len = strlen(base);

	if (len > 5 && strcmp(base + len - 5, ".conf") == 0)
		len -= 5;
	if (!name_ok(base, len) || strlen(arg) >= path_size)
		return -EINVAL;
	memcpy(name, base, len);
	name[len] = '\0';
	memcpy(path, arg, strlen(arg) + 1);
	return is_there(path);
}

int conf_find(const char *arg, char *path, size_t path_size, char name[CONF_NAME_MAX + 1])
{
	static const char *const folder[] = { "/etc/taut", "/etc/wireguard" };
	size_t i;
	int n, r;

	if (strchr(arg, '/'))
		return find_path(arg, path, path_size, name);
	if (!conf_name_ok(arg))
		return -EINVAL;
	memcpy(name, arg, strlen(arg) + 1);
	for (i = 0; i < LEN(folder); i++) {
		n = snprintf(path, path_size, "%s/%s.conf", folder[i], arg);
		if (n < 0 || (size_t)n >= path_size)
			return -EINVAL;
		r = is_there(path);
		if (r != -ENOENT)
			return r;
	}
	n = snprintf(path, path_size, "%s/%s.conf", folder[0], arg);
	return n < 0 ? -EINVAL : -ENOENT;
}
