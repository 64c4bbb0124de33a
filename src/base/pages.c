/* SPDX-License-Identifier: ISC */
#include "base/pages.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The loader wrote into code, and dropped pages would come back without its changes. */
static bool was_patched(const struct dl_phdr_info *object, const ElfW(Phdr) * header)
{
	const ElfW(Dyn) * d;

	d = (const ElfW(Dyn) *)(uintptr_t)(object->dlpi_addr + header->p_vaddr);
	for (; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL))
			return true;
	}
	return false;
}

static int drop(struct dl_phdr_info *object, size_t size, void *ctx)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to;
	const ElfW(Phdr) * header;
	unsigned i;

	(void)size;
	(void)ctx;
	for (i = 0; i < object->dlpi_phnum; i++) {
		header = &object->dlpi_phdr[i];
		if (header->p_type == PT_DYNAMIC && was_patched(object, header))
			return 0;
	}
	for (i = 0; i < object->dlpi_phnum; i++) {
		header = &object->dlpi_phdr[i];
		if (header->p_type != PT_LOAD || header->p_flags & PF_W)
			continue;
		from = (object->dlpi_addr + header->p_vaddr + page - 1) & ~(page - 1);
		to = (object->dlpi_addr + header->p_vaddr + header->p_filesz) & ~(page - 1);
		if (from < to)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void pages_drop(void)
{
	dl_iterate_phdr(drop, NULL);
}
