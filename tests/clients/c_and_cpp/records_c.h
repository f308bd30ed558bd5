/* What the programs in C are asked for, and how they say what happens: see ../README.md. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int number(const char *name, int otherwise) {
  return getenv(name) ? atoi(getenv(name)) : otherwise;
}

/* How many messages and pongs it waits for before it closes. */
static inline int to_come(void) {
  return getenv("WS_RECEIVE") ? number("WS_RECEIVE", 0) + (getenv("WS_PING") != NULL) : INT_MAX;
}

static inline void heard(int text, const void *data, size_t size) {
  printf("%s %zu\n", text ? "text" : "binary", size);
  fwrite(data, 1, size, stdout);
  fflush(stdout);
}

/* The next of the files to send, after `skipped` bytes for the library; NULL if there is none. */
static inline char *next_message(size_t skipped, size_t *size, int *text) {
  static char *left = NULL;
  char *file = strtok_r(left ? NULL : (left = strdup(getenv("WS_SEND") ? getenv("WS_SEND") : "")),
                        " ", &left);
  FILE *in = file ? fopen(file, "rb") : NULL;
  if (!in) return NULL;
  fseek(in, 0, SEEK_END);
  *size = (size_t)ftell(in);
  *text = strcmp(file + strlen(file) - 4, ".txt") == 0;
  char *data = malloc(skipped + *size + 1);
  rewind(in);
  if (fread(data + skipped, 1, *size, in) != *size) abort();
  data[skipped + *size] = '\0';
  fclose(in);
  return data;
}
