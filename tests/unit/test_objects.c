// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text for what a thread waits on, from rows as the kernel side writes them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "names/devices.h"
#include "names/objects.h"
#include "tests/unit/unit.h"

#define DEVICE(major, minor) ((major) << 20 | (minor))
#define LISTENING	     10

static void assert_text(const struct object_row *object, const char *expected)
{
	char *text = objects__text(object);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

/* Text as the kernel side writes it: with NULs inside. The array's own NUL ends the last one. */
#define SET_TEXT(object, bytes)                                                                    \
	do {                                                                                       \
		memcpy((object)->text, bytes, sizeof(bytes));                                      \
		(object)->text_length = sizeof(bytes);                                             \
	} while (0)

static void set_address(struct socket_address *address, int family, const char *text, uint32_t port)
{
	assert_int_equal(inet_pton(family, text, address->address), 1);
	address->port = port;
}

static struct object_row inet(int family, int type, int protocol)
{
	return (struct object_row){.key = {.kind = OBJECT_SOCKET,
					   .family = (uint16_t)family,
					   .socket_type = (uint32_t)type,
					   .protocol = (uint16_t)protocol}};
}

/* ------------------------------------------------------------------------------- paths */

static void paths_are_put_together_from_the_root(void **state)
{
	struct object_row object = {.key = {.kind = OBJECT_FILE, .number = 7}};
	char *path;

	(void)state;
	SET_TEXT(&object, "wal\0x\0lib\0var");
	assert_text(&object, "file /var/lib/x/wal");
	path = objects__path(&object);
	assert_string_equal(path, "/var/lib/x/wal");
	free(path);
	object.key.kind = OBJECT_DIRECTORY;
	assert_text(&object, "directory /var/lib/x/wal");
	object.key.kind = OBJECT_FIFO;
	assert_text(&object, "fifo /var/lib/x/wal");
	object.key.kind = OBJECT_BLOCK;
	assert_text(&object, "block /var/lib/x/wal");
}

static void without_a_path_the_number_stands_in(void **state)
{
	struct object_row object = {.key = {.kind = OBJECT_FILE, .number = 4711}};

	(void)state;
	assert_text(&object, "file inode 4711");
	assert_null(objects__path(&object));
	object.key.kind = OBJECT_FIFO;
	assert_text(&object, "fifo inode 4711");
	object.key.kind = OBJECT_DIRECTORY;
	assert_text(&object, "directory /");
	object.key.kind = OBJECT_BLOCK;
	object.key.device = DEVICE(254, 1);
	assert_text(&object, "block 254:1");
	object.key.kind = OBJECT_OTHER;
	assert_text(&object, "other inode 4711");
	object.key.kind = 99; /* a kind of a newer kernel side */
	assert_text(&object, "other inode 4711");
}

static void a_path_that_did_not_fit_shows_that_its_front_is_missing(void **state)
{
	struct object_row object = {.key = {.kind = OBJECT_FILE}};
	size_t used = 0;
	char *path;

	(void)state;
	memcpy(object.text, "leaf", 5);
	used = 5;
	while (used < OBJECT_TEXT - OBJECT_COMPONENT) {
		memcpy(object.text + used, "directory", 10);
		used += 10;
	}
	object.text_length = (uint32_t)used;
	object.state = OBJECT_PATH_CUT;
	path = objects__path(&object);
	assert_non_null(path);
	assert_memory_equal(path, ".../directory/directory", 23);
	assert_string_equal(path + strlen(path) - 15, "/directory/leaf");
	free(path);
}

static void a_row_that_is_full_to_the_last_byte_is_read_within_bounds(void **state)
{
	struct object_row *object = calloc(1, sizeof(*object));
	char *path;

	(void)state;
	assert_non_null(object);
	object->key.kind = OBJECT_FILE;
	memset(object->text, 'x', OBJECT_TEXT); /* and no NUL at all */
	object->text_length = 100000;
	object->state = OBJECT_PATH_CUT;
	path = objects__path(object);
	assert_non_null(path);
	assert_int_equal(strlen(path), 3 + 1 + OBJECT_TEXT);
	free(path);
	memset(object->text, 0, OBJECT_TEXT);
	assert_null(objects__path(object));
	object->key.kind = OBJECT_SOCKET;
	object->key.family = AF_UNIX;
	memset(object->text, 'y', OBJECT_TEXT);
	free(objects__text(object));
	object->key.kind = OBJECT_ANONYMOUS;
	free(objects__text(object));
	free(object);
}

static void files_of_special_file_systems_are_named_for_what_they_are(void **state)
{
	struct object_row queue = {.key = {.kind = OBJECT_FILE, .magic = 0x19800202}};
	struct object_row process = {.key = {.kind = OBJECT_OTHER, .magic = 0x50494446}};

	(void)state;
	SET_TEXT(&queue, "jobs");
	assert_text(&queue, "mqueue /jobs");
	assert_text(&process, "pidfd");
}

/* ----------------------------------------------------------------------------- devices */

static void terminals_are_named_by_their_number(void **state)
{
	static const struct {
		uint32_t device;
		const char *text;
	} cases[] = {
		{DEVICE(136, 0), "tty pts/0"},	 {DEVICE(136, 300), "tty pts/300"},
		{DEVICE(4, 1), "tty tty1"},	 {DEVICE(4, 64), "tty ttyS0"},
		{DEVICE(4, 67), "tty ttyS3"},	 {DEVICE(5, 0), "tty tty"},
		{DEVICE(5, 1), "tty console"},	 {DEVICE(5, 2), "tty ptmx"},
		{DEVICE(229, 0), "tty hvc0"},	 {DEVICE(204, 64), "tty ttyAMA0"},
		{DEVICE(188, 2), "tty ttyUSB2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct object_row object = {
			.key = {.kind = OBJECT_CHARACTER, .device = cases[i].device}};

		assert_true(devices__is_terminal(cases[i].device));
		assert_text(&object, cases[i].text);
		/* whatever name it was opened by: a container's console is a pts */
		SET_TEXT(&object, "console\0dev");
		assert_text(&object, cases[i].text);
	}
}

static void other_devices_are_named_by_path_or_number(void **state)
{
	struct object_row object = {.key = {.kind = OBJECT_CHARACTER, .device = DEVICE(1, 3)}};

	(void)state;
	assert_false(devices__is_terminal(DEVICE(1, 3)));
	assert_false(devices__is_terminal(DEVICE(8, 0)));
	assert_text(&object, "device 1:3");
	SET_TEXT(&object, "null\0dev");
	assert_text(&object, "device /dev/null");
}

/* --------------------------------------------------------------------- what has no path */

static void pipes_futexes_and_polls_are_named_by_their_number(void **state)
{
	struct object_row object = {.key = {.kind = OBJECT_PIPE, .number = 1234}};

	(void)state;
	assert_text(&object, "pipe:[1234]");
	object.key.kind = OBJECT_FUTEX;
	object.key.number = 0x7f12deadbee0;
	assert_text(&object, "futex 0x7f12deadbee0");
	object.key.kind = OBJECT_POLL;
	object.key.number = 3;
	assert_text(&object, "3 descriptors");
	object.key.number = 1;
	assert_text(&object, "1 descriptor");
	object.key.number = 0;
	assert_text(&object, "0 descriptors");
	object.key.kind = OBJECT_NONE;
	assert_null(objects__text(&object));
}

static void anonymous_files_have_the_kernels_name_and_their_descriptor(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"[eventfd]", "eventfd fd 5"},	   {"[timerfd]", "timerfd fd 5"},
		{"[signalfd]", "signalfd fd 5"},   {"[eventpoll]", "epoll fd 5"},
		{"inotify", "inotify fd 5"},	   {"[io_uring]", "io_uring fd 5"},
		{"[fanotify]", "fanotify fd 5"},   {"[pidfd]", "pidfd fd 5"},
		{"kvm-vcpu:0", "kvm-vcpu:0 fd 5"}, {"", "anonymous fd 5"},
		{"[]", "anonymous fd 5"},	   {"[", "[ fd 5"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct object_row object = {.key = {.kind = OBJECT_ANONYMOUS, .number = 5}};

		object.text_length = (uint32_t)strlen(cases[i].name) + 1;
		memcpy(object.text, cases[i].name, object.text_length);
		assert_text(&object, cases[i].text);
		assert_null(objects__path(&object));
	}
}

/* ----------------------------------------------------------------------------- sockets */

static void tcp_shows_the_side_that_says_something(void **state)
{
	struct object_row object = inet(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	(void)state;
	assert_text(&object, "tcp");
	/* a client: its own port is an accident, and was left out */
	set_address(&object.key.remote, AF_INET, "127.0.0.1", 5432);
	assert_text(&object, "tcp 127.0.0.1:5432");
	set_address(&object.key.local, AF_INET, "10.0.0.1", 40001);
	set_address(&object.key.remote, AF_INET, "10.0.0.2", 40002);
	assert_text(&object, "tcp 10.0.0.1:40001 -> 10.0.0.2:40002");
	/* a server's connection: the client's port was left out */
	set_address(&object.key.local, AF_INET, "10.0.0.1", 6379);
	object.key.remote.port = 0;
	assert_text(&object, "tcp 10.0.0.1:6379 <- 10.0.0.2");
	assert_false(objects__is_listening(&object));
}

static void a_listening_socket_says_so(void **state)
{
	struct object_row object = inet(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	(void)state;
	object.state = LISTENING;
	set_address(&object.key.local, AF_INET, "0.0.0.0", 80);
	assert_true(objects__is_listening(&object));
	assert_text(&object, "tcp 0.0.0.0:80 (listening)");
	object = inet(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	object.state = LISTENING;
	set_address(&object.key.local, AF_INET6, "::", 80);
	assert_text(&object, "tcp [::]:80 (listening)");
	object.key.kind = OBJECT_PIPE;
	assert_false(objects__is_listening(&object));
}

static void ipv6_has_brackets_and_mapped_ipv4_is_shown_as_what_it_is(void **state)
{
	struct object_row object = inet(AF_INET6, SOCK_STREAM, IPPROTO_TCP);

	(void)state;
	set_address(&object.key.remote, AF_INET6, "2001:db8::17", 443);
	assert_text(&object, "tcp [2001:db8::17]:443");
	set_address(&object.key.local, AF_INET6, "2001:db8::1", 40001);
	assert_text(&object, "tcp [2001:db8::1]:40001 -> [2001:db8::17]:443");
	set_address(&object.key.local, AF_INET6, "::ffff:192.0.2.1", 6379);
	set_address(&object.key.remote, AF_INET6, "::ffff:192.0.2.9", 0);
	assert_text(&object, "tcp 192.0.2.1:6379 <- 192.0.2.9");
	/* ::1 and :: are no mapped addresses */
	set_address(&object.key.local, AF_INET6, "::1", 6379);
	set_address(&object.key.remote, AF_INET6, "::", 0);
	assert_text(&object, "tcp [::1]:6379");
}

static void the_protocol_comes_from_type_and_number(void **state)
{
	static const struct {
		int type, protocol;
		const char *text;
	} cases[] = {
		{SOCK_STREAM, IPPROTO_TCP, "tcp 127.0.0.1:53"},
		{SOCK_DGRAM, IPPROTO_UDP, "udp 127.0.0.1:53"},
		{SOCK_STREAM, IPPROTO_SCTP, "sctp 127.0.0.1:53"},
		{SOCK_STREAM, 262, "mptcp 127.0.0.1:53"},
		{SOCK_RAW, IPPROTO_TCP, "raw 127.0.0.1:53"},
		{SOCK_DGRAM, 0, "udp 127.0.0.1:53"},
		{SOCK_SEQPACKET, 250, "inet 127.0.0.1:53"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct object_row object = inet(AF_INET, cases[i].type, cases[i].protocol);

		set_address(&object.key.local, AF_INET, "127.0.0.1", 53);
		assert_text(&object, cases[i].text);
	}
}

static void unix_sockets_are_named_by_address_or_inode(void **state)
{
	struct object_row object = {
		.key = {.kind = OBJECT_SOCKET, .family = AF_UNIX, .number = 99}};

	(void)state;
	assert_text(&object, "unix:[99]");
	SET_TEXT(&object, "/run/x.sock");
	assert_text(&object, "unix /run/x.sock");
	SET_TEXT(&object, "\0bus");
	object.text_length--; /* an abstract address has no NUL of its own */
	assert_text(&object, "unix @bus");
	SET_TEXT(&object, "\0a\0b\0\0\0");
	assert_text(&object, "unix @a@b");
	SET_TEXT(&object, "\0\0\0");
	assert_text(&object, "unix:[99]");
	/* 108 bytes without a NUL are a valid address */
	memset(object.text, 'p', 108);
	object.text_length = 108;
	object.text[0] = '/';
	{
		char *text = objects__text(&object);

		assert_int_equal(strlen(text), strlen("unix ") + 108);
		free(text);
	}
}

static void other_families_are_named(void **state)
{
	struct object_row object = {
		.key = {.kind = OBJECT_SOCKET, .family = AF_VSOCK, .socket_type = SOCK_STREAM}};

	(void)state;
	object.key.local = (struct socket_address){.cid = 0xffffffff, .port = 1234};
	object.key.remote = (struct socket_address){.cid = 0xffffffff, .port = 0xffffffff};
	object.state = LISTENING;
	assert_text(&object, "vsock any:1234 (listening)");
	object.state = 1;
	object.key.remote = (struct socket_address){.cid = 2, .port = 4000000000u};
	assert_text(&object, "vsock 2:4000000000");
	object.key.family = AF_NETLINK;
	assert_text(&object, "netlink");
	object.key.family = AF_PACKET;
	assert_text(&object, "packet");
	object.key.family = 200;
	assert_text(&object, "socket of family 200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_put_together_from_the_root),
		cmocka_unit_test(without_a_path_the_number_stands_in),
		cmocka_unit_test(a_path_that_did_not_fit_shows_that_its_front_is_missing),
		cmocka_unit_test(a_row_that_is_full_to_the_last_byte_is_read_within_bounds),
		cmocka_unit_test(files_of_special_file_systems_are_named_for_what_they_are),
		cmocka_unit_test(terminals_are_named_by_their_number),
		cmocka_unit_test(other_devices_are_named_by_path_or_number),
		cmocka_unit_test(pipes_futexes_and_polls_are_named_by_their_number),
		cmocka_unit_test(anonymous_files_have_the_kernels_name_and_their_descriptor),
		cmocka_unit_test(tcp_shows_the_side_that_says_something),
		cmocka_unit_test(a_listening_socket_says_so),
		cmocka_unit_test(ipv6_has_brackets_and_mapped_ipv4_is_shown_as_what_it_is),
		cmocka_unit_test(the_protocol_comes_from_type_and_number),
		cmocka_unit_test(unix_sockets_are_named_by_address_or_inode),
		cmocka_unit_test(other_families_are_named),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
