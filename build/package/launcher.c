// SPDX-License-Identifier: GPL-3.0-or-later
// Starts the installed window in a group of its own, by which the helper knows it (docs/decisions/0015-the-window-s-group.md). Installed
// set-group-ID: what the person's other programs could slip into the window (libraries, modules, switches, a debugger) ends here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef WINDOW
#define WINDOW "/usr/lib/picket/window/picket-window"
#endif
#ifndef HOMES
#define HOMES "/var/lib/picket-window"
#endif
#ifndef RUNTIMES
#define RUNTIMES "/run/user"
#endif

// Of the environment nothing is handed on that names code. Where the screen and its key are, and who the person is: any text.
static const char *const texts[] = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "USER", "LOGNAME" };
// A session's kind and a language, where they are words: as a path they would lead gettext to catalogues of anybody's.
static const char *const words[] = { "XDG_SESSION_TYPE", "XDG_SESSION_ID", "XDG_CURRENT_DESKTOP", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES",
	"LC_TIME" };

static char *environment[32];

static void fail(const char *what)
{
	fprintf(stderr, "picket: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pass(const char *name, const char *value)
{
	static size_t count;
	if (asprintf(&environment[count++], "%s=%s", name, value) < 0)
		fail("memory");
}

static int is_word(const char *value)
{
	return value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@:-")] == '\0';
}

// By its name in the system's database, or as a rule; not in a file of anybody's.
static int is_zone(const char *value)
{
	return value[0] != '/' && value[0] != ':' && !strstr(value, "..");
}

// Of a bus's addresses, none has a program run (unixexec) or somebody else say what the address is (autolaunch): libdbus would.
static int is_socket(const char *addresses)
{
	for (const char *each = addresses;; each++) {
		if (strncmp(each, "unix:", 5) != 0)
			return 0;
		each = strchr(each, ';');
		if (!each)
			return 1;
	}
}

// Where the session's accessibility bus is, or where nothing is. Asked here and answered once: libatspi, which GTK loads, would open whatever
// it is told, and any program may own that name, or set that property of an X11 screen.
static const char *accessibility(const char *session)
{
	static const char *const service = "org.a11y.Bus";
	void *bus = NULL, *reply = NULL;
	const char *address = NULL;
	void *library = dlopen("libsystemd.so.0", RTLD_NOW);
	if (library) {
		int (*create)(void **) = dlsym(library, "sd_bus_new");
		int (*set_address)(void *, const char *) = dlsym(library, "sd_bus_set_address");
		int (*set_client)(void *, int) = dlsym(library, "sd_bus_set_bus_client");
		int (*start)(void *) = dlsym(library, "sd_bus_start");
		int (*call)(void *, const char *, const char *, const char *, const char *, void *, void **, const char *, ...) =
			dlsym(library, "sd_bus_call_method");
		int (*read)(void *, const char *, ...) = dlsym(library, "sd_bus_message_read");
		if (create && set_address && set_client && start && call && read && create(&bus) >= 0 && set_address(bus, session) >= 0 &&
			set_client(bus, 1) >= 0 && start(bus) >= 0 &&
			call(bus, service, "/org/a11y/bus", service, "GetAddress", NULL, &reply, "") >= 0 && read(reply, "s", &address) >= 0 &&
			is_socket(address))
			return address;
	}
	return "unix:path=/dev/null";
}

// Which session the person is looking at, as logind knows it: "wayland", "x11" or something else, and an X11 session's display where it is told.
// Without logind both stay empty.
struct screen {
	char *type, *display;
};

static struct screen screen_of(uid_t person)
{
	struct screen found = { NULL, NULL };
	char *session = NULL;
	// Of the system's folders: for a set-group-ID program the loader looks nowhere else.
	void *library = dlopen("libsystemd.so.0", RTLD_NOW);
	if (!library)
		return found;
	int (*session_of)(pid_t, char **) = dlsym(library, "sd_pid_get_session");
	int (*display_of)(uid_t, char **) = dlsym(library, "sd_uid_get_display");
	int (*type_of)(const char *, char **) = dlsym(library, "sd_session_get_type");
	int (*x11_of)(const char *, char **) = dlsym(library, "sd_session_get_display");
	if (!session_of || !display_of || !type_of || !x11_of)
		return found;
	// Its own session, where that has a screen; what the user's service manager starts belongs to none.
	if (session_of(0, &session) < 0 || type_of(session, &found.type) < 0 || strcmp(found.type, "tty") == 0 || strcmp(found.type, "unspecified") == 0) {
		found.type = NULL;
		if (display_of(person, &session) < 0 || type_of(session, &found.type) < 0)
			found.type = NULL;
	}
	if (!found.type || strcmp(found.type, "x11") != 0 || x11_of(session, &found.display) < 0)
		found.display = NULL;
	return found;
}

int main(int argc, char **argv)
{
	char *arguments[4] = { WINDOW, NULL, NULL, NULL };
	char home[sizeof HOMES + 32], runtime[sizeof RUNTIMES + 32], standard[sizeof runtime + 16];
	const uid_t uid = getuid();
	const gid_t group = getegid();
	struct stat found;

	if (group == getgid() && uid != 0) {
		errno = EPERM;
		fail("not installed set-group-ID");
	}
	struct screen screen = screen_of(uid);
	int wayland = screen.type && strcmp(screen.type, "wayland") == 0;
	if (screen.display) {
		setenv("DISPLAY", screen.display, 1);
		unsetenv("WAYLAND_DISPLAY");
	}
	if (wayland) {
		// As an X11 client it would take keys from any other one, and the names of modules from a server of anybody's.
		unsetenv("DISPLAY");
		unsetenv("XAUTHORITY");
	}
	// Chromium's own switches can run programs: only ours go through.
	int count = 1;
	for (int at = 1; at < argc && count == 1; at++)
		if (strcmp(argv[at], "--background") == 0)
			arguments[count++] = "--background";
	if (wayland)
		arguments[count] = "--ozone-platform=wayland";

	for (size_t at = 0; at < sizeof texts / sizeof *texts; at++)
		if (getenv(texts[at]))
			pass(texts[at], getenv(texts[at]));
	for (size_t at = 0; at < sizeof words / sizeof *words; at++)
		if (getenv(words[at]) && is_word(getenv(words[at])))
			pass(words[at], getenv(words[at]));
	if (getenv("TZ") && is_zone(getenv("TZ")))
		pass("TZ", getenv("TZ"));
	// Where X11 keeps its key when nobody says otherwise. It is read, not run.
	const struct passwd *person = getpwuid(uid);
	if (!wayland && !getenv("XAUTHORITY") && person) {
		char *key;
		if (asprintf(&key, "%s/.Xauthority", person->pw_dir) < 0)
			fail("memory");
		pass("XAUTHORITY", key);
	}
	// The session's own folder and bus, not what the caller calls so; but older sessions have a bus elsewhere. One is always named, or libdbus
	// asks the X11 screen for it.
	snprintf(runtime, sizeof runtime, RUNTIMES "/%u", uid);
	if (lstat(runtime, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == uid)
		pass("XDG_RUNTIME_DIR", runtime);
	snprintf(standard, sizeof standard, "unix:path=%s/bus", runtime);
	const char *session = getenv("DBUS_SESSION_BUS_ADDRESS");
	if (!session || !is_socket(session))
		session = standard;
	pass("DBUS_SESSION_BUS_ADDRESS", session);
	pass("AT_SPI_BUS_ADDRESS", accessibility(session));
	// GTK, NSS and Chromium load modules that files in a home folder name: this one is closed to the person's other programs.
	snprintf(home, sizeof home, HOMES "/%u", uid);
	pass("HOME", home);
	pass("PATH", "/usr/bin:/bin");

	// The real and saved group too: then no process of the person's may trace this one, which /proc and ptrace(2) compare.
	if (setresgid(group, group, group) != 0)
		fail("setresgid");
	umask(0007);
	if (mkdir(home, 0770) != 0 && errno != EEXIST)
		fail(home);
	// Root's folder above is open to the group alone, so only windows have made this.
	if (lstat(home, &found) != 0 || !S_ISDIR(found.st_mode) || found.st_gid != group || (found.st_mode & S_IRWXO) != 0 || found.st_uid != uid) {
		errno = EPERM;
		fail(home);
	}
	// Whatever their numbers are, and whatever limit the caller has set since. Every kernel that Picket runs on has this.
	if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
		fail("close_range");
	execve(WINDOW, arguments, environment);
	fail(WINDOW);
}
