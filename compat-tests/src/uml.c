/*
 * Lets user-mode Linux run on processors whose register sets are larger than it knows.
 *
 * It sets the extended registers of its processes with a buffer of the size that such sets had when it
 * was written. A host whose processor has more of them (AMX tiles, for one) refuses any other size than
 * its own, and the machine ends with "ptrace set fp regs failed, errno = 14". Loaded ahead of the C
 * library, this completes such a buffer with what the process has in the registers beyond it.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    PEEK_FIRST = 1,
    PEEK_LAST = 3,
    GET_REGISTER_SET = 0x4204,
    SET_REGISTER_SET = 0x4205,
    EXTENDED_STATE = 0x202,
};

/* The calls come from one thread: user-mode Linux has one processor. */
static char whole[64 * 1024] __attribute__((aligned(64)));

static long set_completed(long pid, const struct iovec *part)
{
    struct iovec all = {whole, sizeof whole};

    if (syscall(SYS_ptrace, GET_REGISTER_SET, pid, EXTENDED_STATE, &all) != 0)
        return -1;
    if (all.iov_len < part->iov_len) {
        errno = EFAULT;
        return -1;
    }
    memcpy(whole, part->iov_base, part->iov_len);
    return syscall(SYS_ptrace, SET_REGISTER_SET, pid, EXTENDED_STATE, &all);
}

long ptrace(int request, ...)
{
    static int completes;
    va_list rest;
    long pid, kind, result;
    void *data;

    va_start(rest, request);
    pid = va_arg(rest, long);
    kind = va_arg(rest, long);
    data = va_arg(rest, void *);
    va_end(rest);

    /* The C library gives what was peeked as the result. */
    if (request >= PEEK_FIRST && request <= PEEK_LAST) {
        long word;

        result = syscall(SYS_ptrace, (long)request, pid, kind, &word);
        if (result == 0) {
            errno = 0;
            result = word;
        }
        return result;
    }
    if (request != SET_REGISTER_SET || kind != EXTENDED_STATE)
        return syscall(SYS_ptrace, (long)request, pid, kind, data);
    if (!completes) {
        result = syscall(SYS_ptrace, (long)request, pid, kind, data);
        if (result == 0 || errno != EFAULT)
            return result;
        completes = 1;
    }
    return set_completed(pid, data);
}
