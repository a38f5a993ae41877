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
#include <unistd.h>

#ifndef WINDOW
#define WINDOW "/usr/lib/picket/window/picket-window"
#endif
#ifndef HOMES
#define HOMES "/var/lib/picket-window"
#endif

// Where the screen, the session's bus and its runtime folder are, and which language the person reads: nothing that names code.
static const char *const kept[] = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XDG_SESSION_ID",
	"XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_TIME", "TZ", "USER", "LOGNAME" };

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

static void fail(const char *what)
{
	fprintf(stderr, "picket: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	char *environment[sizeof kept / sizeof *kept + 5];
	char *arguments[4] = { WINDOW, NULL, NULL, NULL };
	char home[sizeof HOMES + 32], line[sizeof home + 16];
	size_t count = 0;
	gid_t group = getegid();

	if (group == getgid() && getuid() != 0) {
		errno = EPERM;
		fail("not installed set-group-ID");
	}
	struct screen screen = screen_of(getuid());
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
	int words = 1;
	for (int at = 1; at < argc && words == 1; at++)
		if (strcmp(argv[at], "--background") == 0)
			arguments[words++] = "--background";
	if (wayland)
		arguments[words] = "--ozone-platform=wayland";

	for (size_t at = 0; at < sizeof kept / sizeof *kept; at++) {
		const char *value = getenv(kept[at]);
		if (value && asprintf(&environment[count++], "%s=%s", kept[at], value) < 0)
			fail("memory");
	}
	// Where X11 keeps its key when nobody says otherwise. It is read, not run.
	const struct passwd *person = getpwuid(getuid());
	if (!wayland && !getenv("XAUTHORITY") && person && asprintf(&environment[count++], "XAUTHORITY=%s/.Xauthority", person->pw_dir) < 0)
		fail("memory");
	// GTK, NSS and Chromium load modules that files in a home folder name: this one is closed to the person's other programs.
	snprintf(home, sizeof home, HOMES "/%u", getuid());
	snprintf(line, sizeof line, "HOME=%s", home);
	environment[count++] = line;
	environment[count++] = "PATH=/usr/bin:/bin";
	environment[count] = NULL;

	// The real and saved group too: then no process of the person's may trace this one, which /proc and ptrace(2) compare.
	if (setresgid(group, group, group) != 0)
		fail("setresgid");
	umask(0007);
	struct stat found;
	if (mkdir(home, 0770) != 0 && errno != EEXIST)
		fail(home);
	// Root's folder above is open to the group alone, so only windows have made this.
	if (lstat(home, &found) != 0 || !S_ISDIR(found.st_mode) || found.st_gid != group || (found.st_mode & S_IRWXO) != 0 || found.st_uid != getuid()) {
		errno = EPERM;
		fail(home);
	}
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	execve(WINDOW, arguments, environment);
	fail(WINDOW);
}
