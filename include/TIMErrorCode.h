/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMErrorCode.h
 * The codes that a callback of the login lifecycle can get. Numbers and names are the vendor's (two of them with its spelling).
 */
#ifndef TIM_ERROR_CODE_H
#define TIM_ERROR_CODE_H

typedef enum TIMErrCode {
    ERR_SUCC = 0,

    /* The library itself */
    ERR_SDK_NOT_INITIALIZED = 6013,
    ERR_SDK_NOT_LOGGED_IN = 6014,
    ERR_IN_PROGESS = 6015,
    ERR_INVALID_PARAMETERS = 6017, /**< the configuration; the description names the key, the value and the remedy */
    ERR_IO_OPERATION_FAILED = 6022,
    ERR_INVALID_JSON = 6027,
    ERR_OUT_OF_MEMORY = 6028,
    ERR_USER_SIG_EXPIRED = 6206,          /**< this process has already seen this UserSig expire */
    ERR_LOGIN_KICKED_OFF_BY_OTHER = 6208, /**< kicked by another instance, while online or while offline */
    ERR_IMSDK_KICKED_BY_OTHERS = 6208,    /**< the older name */
    ERR_SDK_COMM_TINYID_EMPTY = 7002,
    ERR_SDK_COMM_INVALID_IDENTIFIER = 7003, /**< the user id is not 1 to 32 bytes of 0x20 to 0x7e */
    ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT = 7008,
    ERR_SDK_COMM_INTERRUPT = 7009, /**< ended by TIMUninit */
    ERR_SDK_INTERNAL_ERROR = 7012,
    ERR_SDK_INTERFACE_NOT_SUPPORT = 7013,
    ERR_SDK_INVALID_OPERATION = 7014,
    ERR_SDK_ACCOUNT_LOGIN_IN_PROCESS = 7501,
    ERR_SDK_ACCOUNT_LOGOUT_IN_PROCESS = 7502,
    ERR_SDK_ACCOUNT_TLS_INIT_FAILED = 7503,
    ERR_SDK_ACCOUNT_TLS_NOT_INITIALIZED = 7504,
    ERR_SDK_ACCOUNT_TLS_TRANSPKG_ERROR = 7505,
    ERR_SDK_ACCOUNT_TLS_DECRYPT_FAILED = 7506,
    ERR_SDK_ACCOUNT_TLS_REQUEST_FAILED = 7507,
    ERR_SDK_ACCOUNT_TLS_REQUEST_TIMEOUT = 7508,

    /* The network */
    ERR_SDK_NET_ENCODE_FAILED = 9501, /**< the encryption of the connection could not be set up */
    ERR_SDK_NET_DECODE_FAILED = 9502, /**< the server's certificate or its packets were not acceptable */
    ERR_SDK_NET_AUTH_INVALID = 9503,
    ERR_SDK_NET_FREQ_LIMIT = 9506,
    ERR_SDK_NET_REQ_COUNT_LIMIT = 9507, /**< 1000 requests are waiting already */
    ERR_SDK_NET_DISCONNECT = 9508,      /**< the server closed the connection */
    ERR_SDK_NET_ALLREADY_CONN = 9509,
    ERR_SDK_NET_CONN_TIMEOUT = 9510,
    ERR_SDK_NET_CONN_REFUSE = 9511,
    ERR_SDK_NET_NET_UNREACH = 9512,
    ERR_SDK_NET_SOCKET_NO_BUFF = 9513,
    ERR_SDK_NET_RESET_BY_PEER = 9514,
    ERR_SDK_NET_SOCKET_INVALID = 9515,
    ERR_SDK_NET_HOST_GETADDRINFO_FAILED = 9516,
    ERR_SDK_NET_CONNECT_RESET = 9517,
    ERR_SDK_NET_WAIT_ACK_TIMEOUT = 9520, /**< connected, but no answer in time */
    ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK = 9523,
    ERR_SDK_NET_WAIT_ACK_TIMEOUT_NO_NETWORK = 9524,

    /* The server */
    ERR_SVR_SSO_CONNECT_LIMIT = -302, /**< the server is full */
    ERR_SVR_SSO_FREQ_LIMIT = -10113,
    ERR_SVR_SSO_OVERLOAD = -10114, /**< the server is busy or unavailable; retried until the login timeout */
    ERR_SVR_ACCOUNT_USERSIG_EXPIRED = 70001,
    ERR_SVR_ACCOUNT_USERSIG_EMPTY = 70002,
    ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED = 70003,        /**< it cannot be decoded; often it was truncated */
    ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED_EX = 70005,     /**< it can be decoded, but fields are missing or wrong */
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_PUBLICKEY = 70009,  /**< it was signed with another key than the app's */
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID = 70013,         /**< it was made for another user */
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_SDKAPPID = 70014,   /**< it was made for another app */
    ERR_SVR_ACCOUNT_USERSIG_PUBLICKEY_NOT_FOUND = 70016, /**< the app has no key */
    ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND = 70020,          /**< no such app */
    ERR_SVR_ACCOUNT_FREQ_LIMIT = 70050,                  /**< too many failed checks; wait a minute */
    ERR_SVR_ACCOUNT_BLACKLIST = 70051,
    ERR_SVR_ACCOUNT_INVALID_USERSIG = 70052, /**< invalidated: made before an administrator's kick */
    ERR_SVR_ACCOUNT_NOT_FOUND = 70107,
    ERR_SVR_ACCOUNT_SEC_RSTR = 70114,
    ERR_SVR_ACCOUNT_INTERNAL_TIMEOUT = 70169,
    ERR_SVR_ACCOUNT_COUNT_LIMIT = 70398,
    ERR_SVR_ACCOUNT_INVALID_PARAMETERS = 70402,
    ERR_SVR_ACCOUNT_ADMIN_REQUIRED = 70403,
    ERR_SVR_ACCOUNT_INTERNAL_ERROR = 70500
} TIMErrCode;

#endif
