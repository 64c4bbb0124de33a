/* SPDX-License-Identifier: ISC */
#include "pair/peerfile.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/say.h"
#include "crypto/keygen.h"
#include "pair/confdir.h"
#include "pair/conftext.h"
#include "pair/localnet.h"
#include "pair/pickaddr.h"

bool peerfile_open(struct peerfile *f)
{
	int r = confdir_read(f->path, &f->text);

	if (r < 0) {
		say("%s: %s", f->path, strerror(-r));
		return false;
	}
	return conftext_read(&f->conf, &f->own, f->path, &f->text, true, false);
}

void peerfile_close(struct peerfile *f)
{
	print_fini(&f->text);
	conf_fini(&f->conf);
	wipe(f, sizeof(*f));
}

/* Parse prefixes from words separated by commas. false: reported. */
static bool take_prefixes(const char *option, const char *const *words, size_t n_words,
			  struct prefix list[PAIROPT_LIST], size_t *n)
{
	struct text rest, word;
	size_t i;

	for (i = 0; i < n_words; i++) {
		rest = text_from_str(words[i]);
		while (text_split(&rest, ',', &word)) {
			word = text_trim(word);
			if (*n == PAIROPT_LIST) {
				say_usage("--%s: more than %d", option, PAIROPT_LIST);
				return false;
			}
			if (!prefix_parse(&list[(*n)++], word.at, text_len(word))) {
				say_usage("--%s: '%.*s' is not an address or a network", option,
					  (int)text_len(word), word.at);
				return false;
			}
		}
	}
	return true;
}

/* By its place, its public key, or its name; NULL: none, or more than one. */
static const struct conf_peer *find_peer(const struct peerfile *f, const char *word)
{
	const struct conf_peer *found = NULL;
	uint64_t number;
	bool is_key;
	struct key key;
	size_t i;

	if (text_u64(text_from_str(word), UINT64_MAX, &number))
		return number && number <= f->conf.n_peer ? &f->conf.peer[number - 1] : NULL;
	is_key = key_from_base64(&key, word, strlen(word));
	for (i = 0; i < f->conf.n_peer; i++) {
		const struct conf_peer *p = &f->conf.peer[i];

		if (is_key ? !key_equal(&key, &p->public_key) : strcmp(word, p->name) != 0)
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

/* The peer that --peer names, or the only one; NULL: reported. */
static const struct conf_peer *pick_peer(const struct peerfile *f)
{
	const char *word = f->o.peer;
	const struct conf_peer *found;

	if (f->conf.n_peer == 0) {
		say("%s has no peers yet; add one with --new-peer", f->path);
		return NULL;
	}
	if (!word && f->conf.n_peer > 1) {
		say("%s has %zu peers: choose one with --peer (1 to %zu, its name or its "
		    "public key), or add another with --new-peer",
		    f->path, f->conf.n_peer, f->conf.n_peer);
		return NULL;
	}
	found = find_peer(f, word ? word : "1");
	if (!found)
		say("%s has no peer '%s', or more than one: give a number from 1 to %zu, a "
		    "name, or a public key of 44 characters",
		    f->path, word, f->conf.n_peer);
	return found;
}

/* As wide as the network of ours that contains it. */
static void add_address(struct peerfile *f, const struct prefix *host)
{
	struct prefix *to = &f->address[f->n_address];
	size_t i;

	if (f->n_address == PAIROPT_LIST)
		return;
	f->n_address++;
	*to = *host;
	for (i = 0; i < f->conf.n_address; i++) {
		if (prefix_contains(&f->conf.address[i], &host->ip))
			to->bits = f->conf.address[i].bits;
	}
}

static bool know_peer(struct peerfile *f, const struct conf_peer *p)
{
	size_t i;

	f->public_key = p->public_key;
	f->psk = p->psk;
	if (p->set & CONF_PEER_ENDPOINT)
		f->port = p->host ? p->port : endpoint_port(&p->endpoint);
	for (i = 0; f->o.n_address == 0 && i < p->n_allowed; i++) {
		const struct prefix *allowed = &p->allowed[i].prefix;

		if (allowed->bits == ip_bits(allowed->ip.family))
			add_address(f, allowed);
	}
	if (f->n_address)
		return true;
	say("the AllowedIPs of that peer hold no single address, so its address in the tunnel "
	    "is not known here; give it with --address");
	return false;
}

static bool invent_peer(struct peerfile *f)
{
	char ours[PATH_MAX];
	size_t i;

	/* A file in a subdirectory does not qualify either: the file is written by its name. */
	confdir_path(ours, f->name, ".conf");
	if (strcmp(f->path, ours) != 0) {
		say("taut does not change %s; first: taut import %s", f->path, f->path);
		return false;
	}
	f->is_new = true;
	for (i = 0; f->o.n_address == 0 && i < f->conf.n_address && i < PAIROPT_LIST; i++) {
		if (pickaddr_free(&f->conf, i, &f->address[f->n_address]))
			f->n_address++;
	}
	if (f->n_address == 0) {
		say("no network in the Address of %s has a free address left; widen one (/24, "
		    "/64)",
		    f->path);
		return false;
	}
	keygen_pair(&f->private_key, &f->public_key, &rng_system);
	if (f->o.given & PAIROPT_PSK)
		keygen_psk(&f->psk, &rng_system);
	return true;
}

/* The best of this host's own addresses. */
static bool guess_endpoint(struct peerfile *f, struct pairline_endpoint *e)
{
	struct localnet s;
	bool good;

	if (localnet_take(&s, f->name) < 0 || s.n_outer == 0) {
		say("this host has no address that another host could dial; use --endpoint "
		    "HOST to say where it can be reached");
		return false;
	}
	*e = (struct pairline_endpoint){ .ip = s.outer[0], .port = f->conf.listen_port };
	good = !localnet_is_private(&e->ip);
	localnet_free(&s);
	if (!good && !f->o.quiet)
		say("note: all addresses of this host are private, so only hosts on the same "
		    "site can dial it; for others, use --endpoint HOST to say where it can be "
		    "reached");
	return true;
}

static bool choose_endpoint(struct peerfile *f)
{
	uint16_t port = f->conf.listen_port;
	struct pairline_endpoint e;

	if (f->o.n_endpoint) {
		if (!pairline_parse_endpoint(&e, f->o.endpoint[0], port ? port : PAIROPT_PORT)) {
			say_usage("--endpoint: '%s' is neither HOST nor HOST:PORT, as another "
				  "host could dial it",
				  f->o.endpoint[0]);
			return false;
		}
	} else if (port) {
		if (!guess_endpoint(f, &e))
			return false;
	} else if (f->port) {
		return true; /* we dial */
	} else {
		say("%s has no ListenPort, so nobody can dial this host: add one, or give "
		    "--endpoint HOST:PORT",
		    f->path);
		return false;
	}
	pairline_print_endpoint(f->endpoint, &e);
	return true;
}

/* Our networks, unless the options name others. */
static bool choose_allowed(struct peerfile *f)
{
	size_t i;

	if (!take_prefixes("allowed-ips", f->o.allowed, f->o.n_allowed, f->allowed, &f->n_allowed))
		return false;
	for (i = 0; f->o.n_allowed == 0 && i < f->conf.n_address && i < PAIROPT_LIST; i++)
		f->allowed[f->n_allowed++] = f->conf.address[i];
	if (f->n_allowed)
		return true;
	say("%s has no Address: use --allowed-ips to say what the peer sends here", f->path);
	return false;
}

/* psk_file NULL: the preshared key, if there is one, goes into the text. */
static void add_peer(const struct peerfile *f, struct print *text, const char *psk_file)
{
	const struct conftext_peer peer = {
		.public_key = &f->public_key,
		.psk = &f->psk,
		.psk_file = psk_file,
		.allowed = f->address,
		.n_allowed = f->n_address,
		.hosts = true,
	};

	if (text->len && text->chars[text->len - 1] != '\n')
		print_add(text, "\n");
	conftext_peer(text, &peer);
}

/* Append the new peer to our file, which must be valid with it. */
static bool append_peer(struct peerfile *f)
{
	struct print text = { 0 };
	struct conf conf;
	struct key own;
	bool good;

	print_bytes(&text, f->text.chars, f->text.len);
	add_peer(f, &text, NULL); /* the file of the key does not exist yet */
	good = !text.failed && conftext_read(&conf, &own, f->path, &text, true, false);
	if (good)
		conf_fini(&conf);
	print_fini(&text);
	if (!good)
		return false;
	f->kept = f->text.len;
	conftext_psk_file(f->psk_file, f->name, &f->public_key);
	add_peer(f, &f->text, f->psk_file);
	return !f->text.failed;
}

static void write_theirs(const struct peerfile *f, struct print *out)
{
	const struct conftext_interface interface = {
		.private_key = f->is_new ? &f->private_key : NULL,
		.public_key = &f->public_key,
		.port = f->port,
		.mtu = f->conf.set & CONF_MTU ? f->conf.mtu : 0,
		.address = f->address,
		.n_address = f->n_address,
	};
	const struct conftext_peer us = {
		.public_key = &f->own,
		.psk = &f->psk,
		.endpoint = f->endpoint[0] ? f->endpoint : NULL,
		.dial = f->endpoint[0],
		.allowed = f->allowed,
		.n_allowed = f->n_allowed,
	};

	conftext_interface(out, &interface);
	conftext_peer(out, &us);
}

bool peerfile_make(struct peerfile *f, struct print *out)
{
	const struct conf_peer *peer;

	if (!take_prefixes("address", f->o.address, f->o.n_address, f->address, &f->n_address))
		return false;
	if (f->o.given & PAIROPT_NEW_PEER) {
		if (!invent_peer(f))
			return false;
	} else {
		peer = pick_peer(f);
		if (!peer || !know_peer(f, peer))
			return false;
	}
	if (!choose_endpoint(f) || !choose_allowed(f) || (f->is_new && !append_peer(f)))
		return false;
	f->has_psk = !key_is_zero(&f->psk);
	write_theirs(f, out);
	return !out->failed;
}

bool peerfile_commit(struct peerfile *f)
{
	const size_t spare = f->has_psk ? 0 : 1;
	struct print psk = { 0 };
	char psk_path[PATH_MAX];
	const struct confdir_file files[] = {
		{ psk_path, &psk, CONFDIR_SECRET, false, 0 },
		{ f->path, &f->text, CONFDIR_AS_BEFORE, true, f->kept },
	};
	bool good;

	if (!f->is_new)
		return true;
	snprintf(psk_path, sizeof(psk_path), "%s/%s", CONFDIR, f->psk_file);
	conftext_key(&psk, &f->psk);
	good = confdir_write(files + spare, LEN(files) - spare);
	print_fini(&psk);
	return good;
}
