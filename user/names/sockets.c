/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE /* asprintf */
#include "names/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* sk_state of a listening socket: TCP_LISTEN, for stream sockets of every family */
#define STATE_LISTENING 10
/* VMADDR_CID_ANY and VMADDR_PORT_ANY */
#define VSOCK_ANY 0xffffffffu

#define ADDRESS_TEXT (INET6_ADDRSTRLEN + sizeof("[]:4294967295"))
#define SUN_PATH     108

static const char *listening_suffix(const struct object_row *object)
{
	return sockets__is_listening(object) ? " (listening)" : "";
}

/* ------------------------------------------------------------------- IPv4 and IPv6 */

struct protocol {
	unsigned int type; /* SOCK_*, 0: any */
	unsigned int protocol;
	const char *name;
};

/* First match wins. SOCK_RAW comes first: its protocol is whatever it listens in on. */
static const struct protocol protocols[] = {
	{SOCK_RAW, 0, "raw"},	     {0, IPPROTO_TCP, "tcp"},
	{0, IPPROTO_UDP, "udp"},     {0, IPPROTO_UDPLITE, "udplite"},
	{0, IPPROTO_SCTP, "sctp"},   {0, IPPROTO_DCCP, "dccp"},
	{0, IPPROTO_ICMP, "icmp"},   {0, IPPROTO_ICMPV6, "icmp6"},
	{0, IPPROTO_MPTCP, "mptcp"}, {SOCK_STREAM, 0, "tcp"},
	{SOCK_DGRAM, 0, "udp"},
};

static const char *protocol_of(const struct object_key *key)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		const struct protocol *row = &protocols[i];

		if (row->type && row->type != key->socket_type)
			continue;
		if (row->protocol && row->protocol != key->protocol)
			continue;
		return row->name;
	}
	return "inet";
}

static bool is_unset(const struct socket_address *address)
{
	static const uint8_t zero[sizeof(address->address)];

	return !memcmp(address->address, zero, sizeof(zero));
}

/* Port 0 leaves the port out. A v4 address that came over a v6 socket is shown as what it is. */
static void format_address(unsigned int family, const struct socket_address *address,
			   char text[ADDRESS_TEXT])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = address->address;
	char host[INET6_ADDRSTRLEN] = "?";
	const char *open = "", *close = "";

	if (family == AF_INET6 && !memcmp(bytes, mapped, sizeof(mapped))) {
		family = AF_INET;
		bytes += sizeof(mapped);
	}
	inet_ntop(family, bytes, host, sizeof(host));
	if (family == AF_INET6) {
		open = "[";
		close = "]";
	}
	if (address->port)
		snprintf(text, ADDRESS_TEXT, "%s%s%s:%u", open, host, close, address->port);
	else
		snprintf(text, ADDRESS_TEXT, "%s%s%s", open, host, close);
}

/*
 * Port 0 on a side means that it was left out, because it is one of many: the client's side of a
 * connection, or what a server's connection is with.
 */
static char *inet_text(const struct object_row *object)
{
	const struct object_key *key = &object->key;
	const char *protocol = protocol_of(key);
	char local[ADDRESS_TEXT], remote[ADDRESS_TEXT];
	char *text;
	int length;

	format_address(key->family, &key->local, local);
	format_address(key->family, &key->remote, remote);
	if (sockets__is_listening(object))
		length = asprintf(&text, "%s %s (listening)", protocol, local);
	else if (key->local.port && key->remote.port)
		length = asprintf(&text, "%s %s -> %s", protocol, local, remote);
	else if (key->local.port && !is_unset(&key->remote))
		length = asprintf(&text, "%s %s <- %s", protocol, local, remote);
	else if (key->local.port)
		length = asprintf(&text, "%s %s", protocol, local);
	else if (key->remote.port || !is_unset(&key->remote))
		length = asprintf(&text, "%s %s", protocol, remote);
	else
		length = asprintf(&text, "%s", protocol);
	return length < 0 ? NULL : text;
}

/* -------------------------------------------------------------------- other families */

/*
 * An abstract address begins with NUL, may hold more of them, and often ends in a run of them;
 * each is shown as '@', as ss(8) does, and the run at the end is left out.
 */
static char *unix_text(const struct object_row *object)
{
	char name[SUN_PATH + 1];
	size_t length = object->text_length;
	char *text;

	if (length > SUN_PATH)
		length = SUN_PATH;
	memcpy(name, object->text, length);
	if (length && name[0])
		length = strnlen(name, length);
	while (length && !name[length - 1])
		length--;
	for (size_t i = 0; i < length; i++) {
		if (!name[i])
			name[i] = '@';
	}
	name[length] = '\0';
	if (length)
		return asprintf(&text, "unix %s", name) < 0 ? NULL : text;
	return asprintf(&text, "unix:[%llu]", (unsigned long long)object->key.number) < 0 ? NULL
											  : text;
}

static char *vsock_text(const struct object_row *object)
{
	const struct socket_address *peer = &object->key.remote;
	char cid[16] = "any", port[16] = "any";
	char *text;

	if (!peer->port || peer->port == VSOCK_ANY)
		peer = &object->key.local;
	if (peer->cid != VSOCK_ANY)
		snprintf(cid, sizeof(cid), "%u", peer->cid);
	if (peer->port != VSOCK_ANY)
		snprintf(port, sizeof(port), "%u", peer->port);
	return asprintf(&text, "vsock %s:%s%s", cid, port, listening_suffix(object)) < 0 ? NULL
											 : text;
}

struct family {
	unsigned int family;
	const char *name; /* all there is to say, if there is no function */
	char *(*text)(const struct object_row *object);
};

static const struct family families[] = {
	{AF_INET, "tcp", inet_text},   {AF_INET6, "tcp", inet_text},
	{AF_UNIX, "unix", unix_text},  {AF_VSOCK, "vsock", vsock_text},
	{AF_NETLINK, "netlink", NULL}, {AF_PACKET, "packet", NULL},
	{AF_XDP, "xdp", NULL},	       {AF_ALG, "kernel crypto", NULL},
	{AF_CAN, "can", NULL},	       {AF_BLUETOOTH, "bluetooth", NULL},
	{AF_TIPC, "tipc", NULL},       {AF_KEY, "ipsec key", NULL},
	{AF_RDS, "rds", NULL},	       {AF_SMC, "smc", NULL},
};

char *sockets__text(const struct object_row *object)
{
	char *text;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *family = &families[i];

		if (family->family != object->key.family)
			continue;
		return family->text ? family->text(object) : strdup(family->name);
	}
	return asprintf(&text, "socket of family %u", object->key.family) < 0 ? NULL : text;
}

bool sockets__is_listening(const struct object_row *object)
{
	return object->key.kind == OBJECT_SOCKET && object->state == STATE_LISTENING &&
	       object->key.socket_type != SOCK_DGRAM;
}
