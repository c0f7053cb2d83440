/* A disk that forgets: keeps, beside a folder, what would be left of it after a power cut.
 *
 * Preloaded into PostgreSQL. Whatever is synchronised (fsync, fdatasync) is copied to a shadow before the call returns;
 * renames and removals are repeated there at once, as a journal may have them. What was only written is not copied.
 * Kill the server, recover from the shadow, and the page cache is gone. QUANYU_DISK names the folder, QUANYU_SHADOW the
 * shadow; both absolute, without a slash at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

/* The place of a path in the shadow; 0 for a path elsewhere. */
static int shadow_of(const char *path, char *out)
{
    const char *disk = getenv("QUANYU_DISK"), *shadow = getenv("QUANYU_SHADOW");
    char absolute[PATH_MAX];
    size_t length;

    if (!disk || !shadow)
        return 0;
    if (path[0] != '/') {
        char here[PATH_MAX / 2];

        if (!getcwd(here, sizeof here))
            return 0;
        snprintf(absolute, sizeof absolute, "%s/%s", here, path[0] == '.' && path[1] == '/' ? path + 2 : path);
        path = absolute;
    }
    length = strlen(disk);
    if (strncmp(path, disk, length) != 0 || (path[length] != '/' && path[length] != 0))
        return 0;
    snprintf(out, PATH_MAX, "%s%s", shadow, path + length);
    return 1;
}

/* One process at a time: an older copy must not overtake a newer one. */
static int lock(void)
{
    char name[PATH_MAX];
    int fd;

    snprintf(name, sizeof name, "%s.lock", getenv("QUANYU_SHADOW"));
    fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void keep(int fd)
{
    static char buffer[CHUNK];
    char link[64], path[PATH_MAX], shadow[PATH_MAX];
    struct stat about;
    ssize_t length;
    off_t at = 0;
    int from, to, locked;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    if (!shadow_of(path, shadow) || fstat(fd, &about) != 0 || about.st_nlink == 0)
        return;
    locked = lock();
    make_parents(shadow);
    if (S_ISDIR(about.st_mode)) {
        mkdir(shadow, 0700);
    } else if (S_ISREG(about.st_mode) && (from = open(link, O_RDONLY | O_CLOEXEC)) >= 0) {
        to = open(shadow, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        while (to >= 0 && (length = pread(from, buffer, CHUNK, at)) > 0) {
            if (pwrite(to, buffer, length, at) != length)
                abort();
            at += length;
        }
        if (to < 0 || ftruncate(to, at) != 0)
            abort();
        close(to);
        close(from);
    }
    close(locked);
}

int fsync(int fd)
{
    static int (*real)(int);

    if (!real)
        real = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
    keep(fd);
    return real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);

    if (!real)
        real = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");
    keep(fd);
    return real(fd);
}

int rename(const char *old, const char *new)
{
    static int (*real)(const char *, const char *);
    char old_shadow[PATH_MAX], new_shadow[PATH_MAX];
    int done, locked;

    if (!real)
        real = (int (*)(const char *, const char *)) dlsym(RTLD_NEXT, "rename");
    if (!shadow_of(old, old_shadow) || !shadow_of(new, new_shadow))
        return real(old, new);
    locked = lock();
    done = real(old, new);
    if (done == 0)
        real(old_shadow, new_shadow);
    close(locked);
    return done;
}

int unlink(const char *path)
{
    static int (*real)(const char *);
    char shadow[PATH_MAX];
    int done, locked;

    if (!real)
        real = (int (*)(const char *)) dlsym(RTLD_NEXT, "unlink");
    if (!shadow_of(path, shadow))
        return real(path);
    locked = lock();
    done = real(path);
    if (done == 0)
        real(shadow);
    close(locked);
    return done;
}
