/*
 * What the Moddable SDK does not give to JavaScript of the chip, bound by "ffi" in manifest.json (hal/esp32/natives.ts says
 * what each is for). The SDK's bindings take care of the arguments.
 */
#include "app_update/include/esp_ota_ops.h"
#include "esp_attr.h"
#include "esp_partition.h"
#include "esp_system.h"
#include <stdint.h>

/* As esp_sleep.h has them, which includes headers outside of the folders that the SDK looks in. */
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t microseconds);
void esp_deep_sleep_start(void);

/* Neither a reset nor deep sleep touches these; after the loss of power they hold anything, so one vouches for the other. */
static RTC_NOINIT_ATTR uint32_t retained;
static RTC_NOINIT_ATTR uint32_t retainedCheck;
#define CHECK_MASK 0x90d317a5

/* A classic ESP32 encrypts rows of 32 bytes, its successors of 16. */
#if CONFIG_IDF_TARGET_ESP32
#define ENCRYPTED_UNIT 32
#else
#define ENCRYPTED_UNIT 16
#endif

uint32_t godwit_encrypted_unit(char* label)
{
  const esp_partition_t* partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, label);
  return partition != NULL && partition->encrypted ? ENCRYPTED_UNIT : 0;
}

uint32_t godwit_free_heap(void)
{
  return esp_get_free_heap_size();
}

/* Fails, and does nothing, where no update was ever installed. */
void godwit_mark_valid(void)
{
  esp_ota_mark_app_valid_cancel_rollback();
}

uint32_t godwit_recall(void)
{
  return (retained ^ retainedCheck) == CHECK_MASK ? retained : 0;
}

void godwit_retain(uint32_t value)
{
  retained = value;
  retainedCheck = value ^ CHECK_MASK;
}

/* Does not return. */
void godwit_sleep(double milliseconds)
{
  esp_sleep_enable_timer_wakeup((uint64_t)(milliseconds * 1000));
  esp_deep_sleep_start();
}
