// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* docs/sqlite.md says what each column is; keep the two together. */
#include "recording/sqlite_internal.h"

const char sqlite__tables[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE processes (pid INTEGER PRIMARY KEY, ppid INTEGER, comm TEXT, exe TEXT,"
	" lifetime_ns INTEGER, blocked_ns INTEGER, idle_ns INTEGER, running_ns INTEGER,"
	" runnable_ns INTEGER, preempted_ns INTEGER, unknown_ns INTEGER);"
	"CREATE TABLE threads (id INTEGER PRIMARY KEY, tid INTEGER, pid INTEGER REFERENCES processes,"
	" ppid INTEGER, comm TEXT, kernel_thread INTEGER, start_ns INTEGER, end_ns INTEGER,"
	" ended INTEGER, running_ns INTEGER, user_ns INTEGER, kernel_ns INTEGER,"
	" runnable_ns INTEGER, preempted_ns INTEGER, blocked_ns INTEGER, unknown_ns INTEGER,"
	" voluntary INTEGER, involuntary INTEGER, lost_waits INTEGER, lost_blocked_ns INTEGER);"
	"CREATE TABLE tasks (tid INTEGER PRIMARY KEY, pid INTEGER, comm TEXT);"
	"CREATE TABLE kinds (id INTEGER PRIMARY KEY, thread INTEGER REFERENCES threads,"
	" class TEXT, idle INTEGER, syscall TEXT, object TEXT, sleep TEXT);"
	"CREATE TABLE waits (id INTEGER PRIMARY KEY, thread INTEGER REFERENCES threads,"
	" kind INTEGER REFERENCES kinds, cpu INTEGER, since_ns INTEGER, blocked_ns INTEGER,"
	" runqueue_ns INTEGER, censored INTEGER, open INTEGER, handler INTEGER,"
	" waker_kind TEXT, waker_tid INTEGER);"
	"CREATE TABLE calls (id INTEGER PRIMARY KEY, thread INTEGER REFERENCES threads,"
	" syscall TEXT, cpu INTEGER, since_ns INTEGER, duration_ns INTEGER, off_cpu_ns INTEGER,"
	" blocked_ns INTEGER, result INTEGER, errno TEXT, argument INTEGER, censored INTEGER);"
	"CREATE TABLE wakings (id INTEGER PRIMARY KEY, thread INTEGER REFERENCES threads,"
	" kind INTEGER REFERENCES kinds, cpu INTEGER, time_ns INTEGER, waker_kind TEXT,"
	" waker_tid INTEGER, running INTEGER REFERENCES threads);"
	"CREATE TABLE slices (id INTEGER PRIMARY KEY, thread INTEGER REFERENCES threads,"
	" cpu INTEGER, since_ns INTEGER, duration_ns INTEGER, ending TEXT);"
	"CREATE TABLE requests (id INTEGER PRIMARY KEY, pid INTEGER REFERENCES processes,"
	" api TEXT, operation TEXT, since_ns INTEGER, latency_ns INTEGER, result INTEGER);"
	"CREATE TABLE losses (id INTEGER PRIMARY KEY, time_ns INTEGER, cpu INTEGER,"
	" events INTEGER);";

const char sqlite__indexes[] = "CREATE INDEX threads_tid ON threads (tid);"
			       "CREATE INDEX threads_pid ON threads (pid);"
			       "CREATE INDEX waits_thread ON waits (thread, since_ns);"
			       "CREATE INDEX waits_kind ON waits (kind);"
			       "CREATE INDEX waits_blocked ON waits (blocked_ns);"
			       "CREATE INDEX calls_thread ON calls (thread, since_ns);"
			       "CREATE INDEX calls_syscall ON calls (syscall, duration_ns);"
			       "CREATE INDEX wakings_thread ON wakings (thread, time_ns);"
			       "CREATE INDEX wakings_waker ON wakings (waker_tid);"
			       "CREATE INDEX slices_thread ON slices (thread, since_ns);"
			       "CREATE INDEX slices_cpu ON slices (cpu, since_ns);"
			       "CREATE INDEX requests_pid ON requests (pid, since_ns);";

/* Seconds since the window's begin, and names in place of numbers. */
#define WAKER(tid)                                                                                 \
	"coalesce((SELECT x.comm FROM threads x WHERE x.tid = " tid                                \
	" ORDER BY x.id DESC LIMIT 1), (SELECT a.comm FROM tasks a WHERE a.tid = " tid "))"
#define BEGIN "(SELECT value FROM meta WHERE name = 'begin_ns')"

const char sqlite__views[] =
	"CREATE VIEW wait_list AS SELECT w.id, (w.since_ns - " BEGIN ") / 1e9 AS at, t.pid, t.tid,"
	" t.comm, k.class, k.idle, k.syscall, k.object, k.sleep, w.blocked_ns / 1e6 AS blocked_ms,"
	" w.runqueue_ns / 1e6 AS runqueue_ms, w.censored, w.waker_kind, w.waker_tid,"
	" " WAKER(
		"w.waker_tid") " AS waker FROM waits w JOIN threads t ON t.id = w.thread"
			       " LEFT JOIN kinds k ON k.id = w.kind;"
			       "CREATE VIEW call_list AS SELECT c.id, (c.since_ns - " BEGIN
			       ") / 1e9 AS at, t.pid, t.tid,"
			       " t.comm, c.syscall, c.duration_ns / 1e6 AS duration_ms, c.blocked_ns / 1e6 AS blocked_ms,"
			       " c.result, c.errno FROM calls c JOIN threads t ON t.id = c.thread;"
			       "CREATE VIEW by_class AS SELECT t.pid, p.comm, k.class, k.idle, count(*) AS waits,"
			       " sum(w.blocked_ns) AS blocked_ns, max(w.blocked_ns) AS longest_ns"
			       " FROM waits w JOIN threads t ON t.id = w.thread JOIN kinds k ON k.id = w.kind"
			       " LEFT JOIN processes p ON p.pid = t.pid GROUP BY t.pid, k.class, k.idle;"
			       "CREATE VIEW by_syscall AS SELECT t.pid, p.comm, c.syscall, count(*) AS calls,"
			       " sum(c.duration_ns) AS total_ns, sum(c.blocked_ns) AS blocked_ns,"
			       " max(c.duration_ns) AS longest_ns, sum(c.errno IS NOT NULL) AS errors"
			       " FROM calls c JOIN threads t ON t.id = c.thread LEFT JOIN processes p ON p.pid = t.pid"
			       " WHERE NOT c.censored GROUP BY t.pid, c.syscall;"
			       "CREATE VIEW woken_by AS SELECT t.pid, t.tid, t.comm, g.waker_kind, g.waker_tid,"
			       " " WAKER(
				       "g.waker_tid") " AS waker, count(*) AS times"
						      " FROM wakings g JOIN threads t ON t.id = g.thread GROUP BY g.thread, g.waker_kind, g.waker_tid;";
