/* SPDX-License-Identifier: ISC */
#include "io/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/tun.h"

enum {
	DEEP = 8,      /* enough segments for one go: they are sent before the next read */
	SHALLOW = 64,  /* small packets collected in one go */
	CHUNK = 256,   /* segments of a big packet at a time; the rest waits for the next batch */
	REST = 4096,   /* batches until the kernel is asked again whether it takes joined ones */
	BUFFER_PAD = 6 /* before the virtio header, so that IP is aligned to 16 */
};

struct tun {
	bool vnet, persist;
	bool probed[OFFLOADS];
	bool given_up[OFFLOADS]; /* it refused even packets of our own */
	uint32_t rest[OFFLOADS]; /* batches until it may be asked again; 0: now */
	const struct csum *csum;
	struct vnet_split split; /* of the big packet in buffer, if it is pending */
	struct vnet_merge merge;
	struct vnet_out out;
	_Alignas(16) uint8_t buffer[BUFFER_PAD + VNET_HDR + PKT_MAX];
};

/* --- reading --- */

/* Bytes read, after the space for a virtio header; 0: none waits; -errno. */
static ssize_t read_packet(struct dev *dev)
{
	struct tun *t = dev->ctx;
	uint8_t *at = t->buffer + BUFFER_PAD;
	size_t room = VNET_HDR + PKT_MAX; /* what does not fit would be cut off */

	if (!t->vnet) {
		at += VNET_HDR;
		room -= VNET_HDR;
	}
	for (;;) {
		ssize_t len;

		dev->reads++;
		len = read(dev->fd, at, room);
		if (len >= 0)
			return len;
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

static void start_split(struct dev *dev, size_t len)
{
	struct tun *t = dev->ctx;
	uint8_t *data = t->buffer + BUFFER_PAD;

	if (!t->vnet) {
		memset(data, 0, VNET_HDR);
		len += VNET_HDR;
	}
	if (vnet_split_begin(&t->split, t->csum, data, len, 0) < 0) {
		dev->stats.malformed++;
		return;
	}
	if (t->split.n > 1) {
		dev->stats.big_read++;
		dev->stats.big_read_segments += t->split.n;
	}
}

static bool has_room(struct batch *b)
{
	size_t room;

	/* Leave room for the core, which adds its own packets. */
	return batch_space(b, &room) && room >= PKT_MAX;
}

static int tun_read(struct dev *dev, struct batch *batch)
{
	struct tun *t = dev->ctx;
	int added = 0;

	for (unsigned reads = 0;; reads++) {
		ssize_t len;

		if (vnet_split_pending(&t->split)) {
			uint32_t n = vnet_split_more(&t->split, t->csum, batch, CHUNK);

			added += (int)n;
			if (n >= DEEP || vnet_split_pending(&t->split))
				return added;
		}
		if (reads >= SHALLOW || !has_room(batch))
			return added;
		len = read_packet(dev);
		if (len > 0) {
			start_split(dev, (size_t)len);
			continue;
		}
		if (len == 0)
			dev->stats.idle++;
		/* What is in the batch must not be lost; an error will recur. */
		return added ? added : (int)len;
	}
}

/* --- writing --- */

/* 0 or errno. */
static int write_pieces(struct dev *dev, const struct iovec *iov, unsigned n)
{
	for (;;) {
		dev->writes++;
		if (writev(dev->fd, iov, (int)n) >= 0)
			return 0;
		if (errno != EINTR)
			return errno;
	}
}

/* An unchanged packet, after a header of zeros. */
static int write_alone(struct dev *dev, struct pkt *p)
{
	const struct tun *t = dev->ctx;
	size_t header = t->vnet ? VNET_HDR : 0;
	struct iovec iov = { .iov_base = p->data - header, .iov_len = header + p->len };

	memset(p->data - header, 0, header);
	return write_pieces(dev, &iov, 1);
}

/* Take note of what became of a packet; true: the device is gone. */
static bool judge(struct dev *dev, struct pkt *p, int err)
{
	if (err == 0) {
		dev->stats.singles++;
		return false;
	}
	p->fate = FATE_DEVICE;
	p->err = (uint8_t)err;
	dev->stats.errors++;
	dev->stats.last_error = err;
	return err == EBADFD;
}

/* Write each joined packet singly; `given`: fail them all with this error, without trying. */
static bool write_apart(struct dev *dev, struct batch *b, const struct vnet_out *out, int given)
{
	const struct tun *t = dev->ctx;
	uint32_t at = out->first;
	bool gone = false;

	for (uint32_t i = 0; i < out->n; i++, at = vnet_merge_after(&t->merge, at)) {
		int err = gone ? EBADFD : given;

		if (!err)
			err = write_alone(dev, &b->pkt[at]);
		gone = judge(dev, &b->pkt[at], err) || gone;
	}
	return gone;
}

/*
 * EINVAL may concern joined packets as such, since some kernels refuse valid ones; or it is
 * about what is in this one, which a peer has chosen, and then others need not suffer. A packet
 * of our own tells: it is sent once in a while, so that a peer cannot make us send it always.
 */
static bool kernel_refuses(struct dev *dev, enum offload_kind kind)
{
	struct tun *t = dev->ctx;

	if (t->rest[kind])
		return false;
	t->rest[kind] = REST;
	dev->writes++;
	return tun_probe(dev->fd, kind) == -EINVAL;
}

/* A batch later: what was given up is tried again in the end. */
static void rest_less(struct dev *dev, enum offload_kind kind)
{
	struct tun *t = dev->ctx;

	if (t->rest[kind] == 0 || --t->rest[kind] > 0 || !t->given_up[kind])
		return;
	if (kernel_refuses(dev, kind))
		return;
	t->given_up[kind] = false;
	offload_found(dev->offloads, kind, true, NULL);
}

/* A joined packet was refused; its packets may still be accepted one by one. */
static bool refused(struct dev *dev, struct batch *b, const struct vnet_out *out, int err)
{
	enum offload_kind kind = out->type == VNET_UDP ? OFFLOAD_TUN_UDP_GRO : OFFLOAD_TUN_TCP_GRO;
	struct tun *t = dev->ctx;

	dev->stats.big_refused++;
	if (err == EBADFD || err == EIO)
		return write_apart(dev, b, out, err);
	if (err == EINVAL && kernel_refuses(dev, kind)) {
		t->given_up[kind] = true;
		offload_give_up(dev->offloads, kind, "refused-for-now");
	}
	return write_apart(dev, b, out, 0);
}

/* One write of the plan; true: the device is gone. */
static bool write_out(struct dev *dev, struct batch *b, const struct vnet_out *out)
{
	int err = write_pieces(dev, out->iov, out->n_iov);

	if (out->n == 1)
		return judge(dev, &b->pkt[out->first], err);
	if (err)
		return refused(dev, b, out, err);
	dev->stats.big_written++;
	dev->stats.big_written_segments += out->n;
	return false;
}

static unsigned joins_of(const struct offloads *o)
{
	return (offload_on(o, OFFLOAD_TUN_TCP_GRO) ? VNET_JOIN_TCP : 0u) |
	       (offload_on(o, OFFLOAD_TUN_UDP_GRO) ? VNET_JOIN_UDP : 0u);
}

static int write_joined(struct dev *dev, struct batch *batch)
{
	struct tun *t = dev->ctx;
	bool gone = false;

	rest_less(dev, OFFLOAD_TUN_TCP_GRO);
	rest_less(dev, OFFLOAD_TUN_UDP_GRO);
	for (uint32_t from = 0; from < batch->n; from = t->merge.after) {
		vnet_merge_plan(&t->merge, t->csum, batch, from, joins_of(dev->offloads),
				dev->stats.breaks);
		while (vnet_write_next(&t->merge, batch, &t->out)) {
			if (gone)
				write_apart(dev, batch, &t->out, EBADFD);
			else
				gone = write_out(dev, batch, &t->out);
		}
	}
	return gone ? -EBADFD : 0;
}

static int write_plain(struct dev *dev, struct batch *batch)
{
	bool gone = false;

	for (uint32_t i = 0; i < batch->n; i++) {
		struct pkt *p = &batch->pkt[i];

		if (p->fate == FATE_DEV)
			gone = judge(dev, p, gone ? EBADFD : write_alone(dev, p)) || gone;
	}
	return gone ? -EBADFD : 0;
}

static int tun_write(struct dev *dev, struct batch *batch)
{
	const struct tun *t = dev->ctx;

	return t->vnet ? write_joined(dev, batch) : write_plain(dev, batch);
}

/* --- the rest --- */

static void probe_kind(struct dev *dev, enum offload_kind kind)
{
	struct tun *t = dev->ctx;
	int r;

	if (t->probed[kind] || !offload_on(dev->offloads, kind))
		return;
	if (dev->offloads->kind[kind].wish == OFFLOAD_ON)
		return;
	dev->writes++;
	r = tun_probe(dev->fd, kind);
	if (r == -EINVAL)
		offload_found(dev->offloads, kind, false, "probe");
	/* A link that is down proves nothing: try again next time. */
	t->probed[kind] = r == 0 || r == -EINVAL;
}

static void tun_try(struct dev *dev)
{
	probe_kind(dev, OFFLOAD_TUN_TCP_GRO);
	probe_kind(dev, OFFLOAD_TUN_UDP_GRO);
}

static void tun_close(struct dev *dev)
{
	struct tun *t = dev->ctx;

	if (t->persist)
		tun_withdraw(dev->fd);
	close(dev->fd);
	mem_free(t);
	dev->ctx = NULL;
}

static const struct dev_ops tun_ops = {
	.kind = "tun",
	.read = tun_read,
	.write = tun_write,
	.probe = tun_try,
	.close = tun_close,
};

int dev_tun_open(struct dev *dev, int fd, struct offloads *offloads)
{
	struct tun_about about;
	struct tun *t;
	int flags, r;

	r = tun_about(fd, &about);
	if (r < 0)
		return r;
	r = tun_offer(fd, about.vnet, offloads);
	if (r < 0)
		return r;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	t = mem_new(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->vnet = about.vnet;
	t->persist = about.persist;
	t->csum = csum_best();
	*dev = (struct dev){ .ops = &tun_ops, .fd = fd, .offloads = offloads, .ctx = t };
	memcpy(dev->name, about.name, DEV_NAME_MAX);
	return 0;
}
