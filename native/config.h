/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * What TIMInit's JSON and the environment say (keys, ranges and defaults: TIMCloudDef.h, TIMShim.h), checked and with defaults filled in.
 * No I/O: whether a file exists or an address is loopback is seen where it is used.
 */
#ifndef TIMSHIM_CONFIG_H
#define TIMSHIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_PATH_SIZE 4096 /**< of paths, bytes with the terminator */
#define CONFIG_HOST_SIZE 254  /**< of host names, bytes with the terminator; DNS allows 253 */

/** Strings are UTF-8, terminated, and "" if not given, unless said otherwise. */
struct config {
    char host[CONFIG_HOST_SIZE]; /**< a name or an IP address, without brackets */
    uint16_t port;               /**< 1 to 65535 */
    bool tls;
    bool allow_plaintext;                   /**< without it, plain TCP is for loopback only: to be checked once the host is resolved */
    char platform[8];                       /**< never "" */
    char device_id[65];                     /**< "": to be made up */
    uint32_t login_timeout_ms;              /**< 1 to 600000 */
    uint32_t heartbeat_s;                   /**< 1 to 3600 */
    char ca_file[CONFIG_PATH_SIZE];         /**< "": the system's CAs */
    char tls_server_name[CONFIG_HOST_SIZE]; /**< the name to verify; by default the host */
    char config_path[CONFIG_PATH_SIZE];     /**< the folder for what must be kept */
    char log_path[CONFIG_PATH_SIZE];        /**< the folder for the log file */
    /**
     * "" if a login can be tried. Otherwise why not (ERR_INVALID_PARAMETERS): the first thing that was wrong, with key, value, limit and
     * remedy; the field that it is about has its default.
     */
    char problem[256];
};

/**
 * Fills the whole struct. Reads the environment, so call it where nobody changes that at the same time.
 * @param json TIMInit's; NULL and "" mean no key is given. An empty path counts as not given, any other empty string cannot be used.
 * @return TIM_SUCC, also with a problem; TIM_ERR_JSON if the text is not a JSON object or a known key's value has the wrong type;
 *         TIM_ERR_PARAM if there is no memory to read it
 */
int config_read(struct config* config, const char* json);

#endif
