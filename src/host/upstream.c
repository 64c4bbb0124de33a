/* SPDX-License-Identifier: ISC */
#include "host/upstream.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/read.h"
#include "base/write.h"

enum { RECORDS = 64 }; /* of resolvconf that are looked at */

#define RESOLV_CONF "/etc/resolv.conf"
#define STATE       "/run/taut"

/* What a stub, or a record that hides all others, has behind it. */
static const char *const files[] = {
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
	"/run/dnsmasq/resolv.conf",
};
/* Records: Debian's resolvconf; openresolv, old and new. */
static const char *const folders[] = {
	"/run/resolvconf/interface",
	"/run/resolvconf/interfaces",
	"/run/resolvconf/keys",
};

/* --- lists --- */

static void add(struct upstream_list *l, const struct nameserver *s)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (nameserver_equal(&l->server[i], s))
			return;
	}
	if (l->n < UPSTREAM_MOST)
		l->server[l->n++] = *s;
}

static void add_all(struct upstream_list *l, const struct upstream_list *more)
{
	for (unsigned i = 0; i < more->n; i++)
		add(l, &more->server[i]);
}

static void add_text(struct upstream_list *l, const struct print *conf)
{
	struct text rest = text_from(conf->chars, conf->len);
	struct nameserver s;

	while (nameserver_next(&rest, &s))
		add(l, &s);
}

static bool is_stub(const struct nameserver *s)
{
	if (s->ip.family == AF_INET)
		return s->ip.bytes[0] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&s->ip.v6);
}

static bool is_own(const struct conf *own, const struct nameserver *s)
{
	for (size_t i = 0; i < own->n_dns; i++) {
		if (ip_equal(&own->dns[i].server, &s->ip))
			return true;
	}
	return false;
}

/*
 * Hooks set DNS as well, of which we know nothing.  But a server to which more than a default route
 * leads through the tunnel probably is inside.
 */
static bool seems_inside(const struct conf *own, const struct nameserver *s)
{
	for (size_t i = 0; i < own->n_address; i++) {
		if (prefix_contains(&own->address[i], &s->ip))
			return true;
	}
	for (size_t i = 0; i < own->n_peer; i++) {
		const struct conf_peer *p = &own->peer[i];

		for (size_t k = 0; k < p->n_allowed; k++) {
			if (p->allowed[k].prefix.bits &&
			    prefix_contains(&p->allowed[k].prefix, &s->ip))
				return true;
		}
	}
	return false;
}

/* --- files --- */

enum { PATH = 512 };

/* As under root.  false: too long for us. */
static bool put_path(char whole[PATH], const char *root, const char *path)
{
	int n = snprintf(whole, PATH, "%s%s", root, path);

	return n > 0 && n < PATH;
}

static int read_conf(struct print *out, const char *root)
{
	char path[PATH];

	if (!put_path(path, root, RESOLV_CONF))
		return -ENAMETOOLONG;
	return read_file(out, path, UPSTREAM_CONF_MAX);
}

static void add_file(struct upstream_list *l, const char *path)
{
	struct print conf = { 0 };

	if (read_file(&conf, path, UPSTREAM_CONF_MAX) == 0)
		add_text(l, &conf);
	print_fini(&conf);
}

static void add_folder(struct upstream_list *l, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char file[PATH];

	for (int i = 0; dir && i < RECORDS && (e = readdir(dir)); i++) {
		if (*e->d_name != '.' && snprintf(file, PATH, "%s/%s", path, e->d_name) < PATH)
			add_file(l, file);
	}
	if (dir)
		closedir(dir);
}

/* Of all others that may know some. */
static void add_sources(struct upstream_list *l, const char *root)
{
	char path[PATH];

	for (size_t i = 0; i < LEN(files); i++) {
		if (put_path(path, root, files[i]))
			add_file(l, path);
	}
	for (size_t i = 0; i < LEN(folders); i++) {
		if (put_path(path, root, folders[i]))
			add_folder(l, path);
	}
}

/* --- what there is --- */

struct found {
	struct upstream_list all; /* in resolv.conf, in its order */
	struct upstream_list outside, stub, inside;
};

static void sort(struct found *f, const struct upstream_list *l, const struct conf *own)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct nameserver *s = &l->server[i];

		add(is_stub(s) ? &f->stub : is_own(own, s) ? &f->inside : &f->outside, s);
	}
}

static void look(struct found *f, const char *root, const struct conf *own,
		 const struct print *resolv_conf)
{
	struct upstream_list more = { 0 };

	*f = (struct found){ 0 };
	add_text(&f->all, resolv_conf);
	sort(f, &f->all, own);
	if (f->outside.n && !f->stub.n && !f->inside.n)
		return;
	add_sources(&more, root);
	for (unsigned i = 0; i < more.n; i++) {
		if (!is_stub(&more.server[i]) && !is_own(own, &more.server[i]))
			add(&f->outside, &more.server[i]);
	}
}

/* --- those of before --- */

static void state_path(char path[PATH], const struct upstream *u, const char *file)
{
	snprintf(path, PATH, "%s" STATE "/%s%s", u->root, u->name, file);
}

/*
 * Others have to get through, whatever our umask is.  Of a service that has ended, systemd leaves
 * a link that leads nowhere.
 */
static void make_folder(const char *path)
{
	if (access(path, F_OK) < 0)
		unlink(path);
	if (mkdir(path, 0755) == 0)
		chmod(path, 0755);
}

static int write_file(const char *path, const struct print *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644), r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text->chars, text->len);
	close(fd);
	return r;
}

/* Best effort: without it, they are lost if the tunnel is killed. */
static void save(const struct upstream *u)
{
	char top[PATH], folder[PATH], file[PATH], new[PATH];
	struct print text = { 0 };

	snprintf(top, sizeof(top), "%s" STATE, u->root);
	state_path(folder, u, "");
	state_path(file, u, "/nameservers");
	state_path(new, u, "/nameservers.new");
	for (unsigned i = 0; i < u->before.n; i++)
		nameserver_print(&text, &u->before.server[i]);
	make_folder(top);
	make_folder(folder);
	unlink(new);
	if (!text.failed && (write_file(new, &text) < 0 || rename(new, file) < 0))
		unlink(new);
	print_fini(&text);
}

static void load(struct upstream_list *l, const struct upstream *u)
{
	char path[PATH];

	state_path(path, u, "/nameservers");
	add_file(l, path);
}

static bool all_seem_inside(const struct upstream_list *l, const struct conf *own)
{
	unsigned i = 0;

	while (i < l->n && seems_inside(own, &l->server[i]))
		i++;
	return i == l->n;
}

void upstream_remember(struct upstream *u, const struct conf *own)
{
	struct print resolv_conf = { 0 };
	struct upstream_list old = { 0 };
	struct found f = { 0 };

	if (read_conf(&resolv_conf, u->root) == 0)
		look(&f, u->root, own, &resolv_conf);
	print_fini(&resolv_conf);
	u->kept = u->name;
	if (u->kept && all_seem_inside(&f.outside, own))
		load(&old, u);
	if (old.n)
		u->before = old;
	else if (f.outside.n)
		u->before = f.outside;
	if (u->kept && u->before.n)
		save(u);
}

void upstream_forget(struct upstream *u)
{
	char path[PATH];

	if (!u->kept)
		return;
	state_path(path, u, "/nameservers");
	unlink(path);
	state_path(path, u, "");
	rmdir(path);
	u->before.n = 0;
}

/* --- whom to ask --- */

static bool covers(const struct prefixes *set, const struct upstream_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		for (size_t k = 0; k < set->n; k++) {
			if (prefix_contains(&set->prefix[k], &l->server[i].ip))
				return true;
		}
	}
	return false;
}

/* The tunnel has a say in where questions go. */
static bool matters(const struct upstream_view *v, const struct upstream_list *outside)
{
	const struct network *n = v->network;

	return v->own->n_dns || n->divert[NETWORK_V4] || n->divert[NETWORK_V6] ||
	       covers(&n->route, outside) || covers(&n->address, outside);
}

/* What seems to be inside comes last. */
static void add_outside(struct upstream_list *l, const struct upstream_list *outside,
			const struct conf *own)
{
	for (int inside = 0; inside <= 1; inside++) {
		for (unsigned i = 0; i < outside->n; i++) {
			if (seems_inside(own, &outside->server[i]) == inside)
				add(l, &outside->server[i]);
		}
	}
}

static void choose(struct upstream_list *l, struct found *f, const struct upstream_view *v)
{
	if (v->inside || !matters(v, &f->outside)) {
		*l = f->all;
		add_all(l, &f->outside);
		return;
	}
	add_outside(l, &f->outside, v->own);
	add_all(l, &f->stub);
	/* Without a session they cannot answer. */
	if (!l->n)
		*l = f->inside;
}

static void print_others(struct print *out, const struct print *resolv_conf)
{
	struct text rest = text_from(resolv_conf->chars, resolv_conf->len), line;

	while (text_split(&rest, '\n', &line)) {
		if (text_len(line) && !nameserver_is_line(line)) {
			print_bytes(out, line.at, text_len(line));
			print_add(out, "\n");
		}
	}
}

int upstream_print(struct upstream *u, const struct upstream_view *v, struct print *out)
{
	struct print resolv_conf = { 0 };
	struct upstream_list *servers = &u->printed;
	struct found f;
	int r = read_conf(&resolv_conf, u->root);

	servers->n = 0;
	if (r == 0 || r == -ENOENT) {
		look(&f, u->root, v->own, &resolv_conf);
		add_all(&f.outside, &u->before);
		choose(servers, &f, v);
		print_others(out, &resolv_conf);
		for (unsigned i = 0; i < servers->n; i++)
			nameserver_print(out, &servers->server[i]);
		r = out->failed ? -ENOMEM : 0;
	}
	print_fini(&resolv_conf);
	return r;
}
