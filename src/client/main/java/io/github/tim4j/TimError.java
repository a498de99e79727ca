/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The codes of the login lifecycle, each with what to do about it and whether the same call can succeed later.
 *
 * <p>Names and numbers are those of the C API ({@code TIMResult} and {@code TIMErrorCode.h}; two of them with the vendor's spelling).
 * For the codes of REST commands, 60002 to 60020, the C API has no names, and these are ours.
 */
public enum TimError {
    // What a call returns (TIMResult)
    TIM_ERR_SDKUNINIT(-1, false, "The library is not initialised or the client is closed: build a new TimClient."),
    TIM_ERR_NOTLOGIN(-2, false, "Nobody is logged in: log in first."),
    TIM_ERR_JSON(-3, false, "The JSON given is not an object or has a value of the wrong type: correct it."),
    TIM_ERR_PARAM(
            -4,
            false,
            "An argument is null, empty or out of range: give a user id, a UserSig and an SDKAppID that are not empty."),
    TIM_ERR_CONV(-5, false, "The conversation does not exist or cannot be used: check its id."),
    TIM_ERR_GROUP(-6, false, "The group does not exist or cannot be used: check its id."),

    // The library itself
    ERR_SDK_NOT_INITIALIZED(6013, false, "The library is not initialised: build a new TimClient."),
    ERR_SDK_NOT_LOGGED_IN(6014, false, "Nobody is logged in: log in first."),
    ERR_IN_PROGESS(6015, true, "The same thing is already under way: wait for its result."),
    ERR_INVALID_PARAMETERS(6017, false, "The configuration or an argument cannot be used: the description names it."),
    ERR_IO_OPERATION_FAILED(
            6022, true, "A local file could not be read or written: check the configured folders and the disk."),
    ERR_INVALID_JSON(6027, false, "The JSON cannot be read: correct it."),
    ERR_OUT_OF_MEMORY(6028, true, "The process is out of memory: free some."),
    ERR_USER_SIG_EXPIRED(6206, false, "The UserSig has expired: get a new one and log in with it."),
    ERR_LOGIN_KICKED_OFF_BY_OTHER(
            6208,
            true,
            "Another device logged in as this user while this one was offline: ask the user, then log in again, which kicks the other."),
    ERR_SDK_COMM_TINYID_EMPTY(7002, true, "The user's internal id is not known yet: log in again."),
    ERR_SDK_COMM_INVALID_IDENTIFIER(
            7003, false, "The user id is not 1 to 32 bytes of printable ASCII: use another user id."),
    ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT(7008, true, "Called too often: wait, and call less often."),
    ERR_SDK_COMM_INTERRUPT(7009, false, "The client was closed before the answer came."),
    ERR_SDK_INTERNAL_ERROR(
            7012, true, "An error inside the library: try again, and report it with the log if it stays."),
    ERR_SDK_INTERFACE_NOT_SUPPORT(7013, false, "This library or edition does not have the function: do without it."),
    ERR_SDK_INVALID_OPERATION(7014, false, "Not allowed in this state: check the order of the calls."),
    ERR_SDK_ACCOUNT_LOGIN_IN_PROCESS(7501, true, "A login is under way: wait for its result."),
    ERR_SDK_ACCOUNT_LOGOUT_IN_PROCESS(7502, true, "A logout is under way: wait for its result."),
    ERR_SDK_ACCOUNT_TLS_INIT_FAILED(7503, true, "The ticket service could not be started: try again."),
    ERR_SDK_ACCOUNT_TLS_NOT_INITIALIZED(7504, true, "The ticket service is not started: try again."),
    ERR_SDK_ACCOUNT_TLS_TRANSPKG_ERROR(7505, true, "The ticket service answered nonsense: try again."),
    ERR_SDK_ACCOUNT_TLS_DECRYPT_FAILED(7506, true, "The ticket service's answer could not be decrypted: try again."),
    ERR_SDK_ACCOUNT_TLS_REQUEST_FAILED(
            7507, true, "The ticket service could not be asked: check the network and try again."),
    ERR_SDK_ACCOUNT_TLS_REQUEST_TIMEOUT(
            7508, true, "The ticket service did not answer in time: check the network and try again."),

    // The network
    ERR_SDK_NET_ENCODE_FAILED(9501, false, "TLS could not be set up: install OpenSSL 3 or 1.1.1 on this machine."),
    ERR_SDK_NET_DECODE_FAILED(
            9502, false, "The server's certificate or packets are not acceptable: check name and CA file."),
    ERR_SDK_NET_AUTH_INVALID(9503, true, "The login is not complete: wait until it is."),
    ERR_SDK_NET_FREQ_LIMIT(9506, true, "More than 5 requests a second: call less often."),
    ERR_SDK_NET_REQ_COUNT_LIMIT(9507, true, "1000 requests are waiting already: wait for their results."),
    ERR_SDK_NET_DISCONNECT(9508, true, "The connection was closed: try again."),
    ERR_SDK_NET_ALLREADY_CONN(9509, true, "The connection exists already: wait for its login."),
    ERR_SDK_NET_CONN_TIMEOUT(
            9510, true, "The server did not accept a connection in time: check address and network, then try again."),
    ERR_SDK_NET_CONN_REFUSE(
            9511, true, "The server refused the connection: check that it runs and that the port is right."),
    ERR_SDK_NET_NET_UNREACH(9512, true, "The server's network cannot be reached: check the network."),
    ERR_SDK_NET_SOCKET_NO_BUFF(9513, true, "The system has no buffer space for sockets: close some connections."),
    ERR_SDK_NET_RESET_BY_PEER(
            9514, true, "The connection was reset: try again; if it stays, check the way to the server."),
    ERR_SDK_NET_SOCKET_INVALID(9515, true, "The socket is not valid any more: try again."),
    ERR_SDK_NET_HOST_GETADDRINFO_FAILED(
            9516, true, "The server's name cannot be resolved: check its spelling and the DNS."),
    ERR_SDK_NET_CONNECT_RESET(9517, true, "The connection was reset while it was set up: try again."),
    ERR_SDK_NET_WAIT_ACK_TIMEOUT(9520, true, "Sent, but not answered in time: try again."),
    ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK(
            9523, true, "No network in time to send it: check the network, then try again."),
    ERR_SDK_NET_WAIT_ACK_TIMEOUT_NO_NETWORK(
            9524, true, "The network was lost before the answer came: check the network, then try again."),

    // The server
    ERR_SVR_SSO_CONNECT_LIMIT(-302, true, "The server is full: try again later."),
    ERR_SVR_SSO_FREQ_LIMIT(-10113, true, "This user asks too often: wait."),
    ERR_SVR_SSO_OVERLOAD(-10114, true, "The server is overloaded: try again later."),
    ERR_SVR_COMM_BAD_HTTP(60002, false, "The REST request is not proper HTTP: check its URL and method."),
    ERR_SVR_COMM_BAD_JSON(60003, false, "The REST request's body is not proper JSON: correct it."),
    ERR_SVR_COMM_BAD_ACCOUNT(60004, false, "The REST request's administrator or UserSig is not accepted: check both."),
    ERR_SVR_COMM_BAD_USERSIG(60005, false, "The REST request's administrator or UserSig is not accepted: check both."),
    ERR_SVR_COMM_BAD_SDKAPPID(60006, false, "The REST request's SDKAppID is not accepted: check it."),
    ERR_SVR_COMM_FREQ_LIMIT(60007, true, "REST requests come too often: wait."),
    ERR_SVR_COMM_UNKNOWN_RESOURCE(60009, false, "There is no such REST command: check the URL."),
    ERR_SVR_COMM_NOT_ADMIN(60010, false, "The REST request needs an administrator: use an administrator's account."),
    ERR_SVR_COMM_NO_SDKAPPID(60012, false, "The REST request names no SDKAppID: add it to the URL."),
    ERR_SVR_ACCOUNT_USERSIG_EXPIRED(
            70001, false, "The server says that the UserSig has expired: get a new one and log in with it."),
    ERR_SVR_ACCOUNT_USERSIG_EMPTY(70002, false, "The UserSig is empty: get one from your backend."),
    ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED(70003, false, "The UserSig cannot be decoded: check that it arrived whole."),
    ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED_EX(
            70005, false, "The UserSig lacks fields or has wrong ones: check how it is made."),
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_PUBLICKEY(
            70009, false, "The UserSig was signed with another key: use this app's secret key."),
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID(
            70013, false, "The UserSig was made for another user: make it for the one who logs in."),
    ERR_SVR_ACCOUNT_USERSIG_MISMATCH_SDKAPPID(
            70014, false, "The UserSig was made for another app: make it for this SDKAppID."),
    ERR_SVR_ACCOUNT_USERSIG_PUBLICKEY_NOT_FOUND(70016, false, "The server has no key for this app: set one."),
    ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND(70020, false, "The server does not know this SDKAppID: check it."),
    ERR_SVR_ACCOUNT_FREQ_LIMIT(
            70050, true, "Too many UserSigs were refused: wait a minute, then log in with a right one."),
    ERR_SVR_ACCOUNT_BLACKLIST(70051, false, "This account is blocked: ask the administrator."),
    ERR_SVR_ACCOUNT_INVALID_USERSIG(
            70052, false, "An administrator invalidated the UserSig: get a new one and log in with it."),
    ERR_SVR_ACCOUNT_NOT_FOUND(70107, false, "There is no such account: check the user id."),
    ERR_SVR_ACCOUNT_SEC_RSTR(70114, false, "A security rule forbids it: ask the administrator."),
    ERR_SVR_ACCOUNT_INTERNAL_TIMEOUT(70169, true, "The server took too long: try again."),
    ERR_SVR_ACCOUNT_COUNT_LIMIT(
            70398, false, "The app has as many accounts as its edition allows: delete some or upgrade."),
    ERR_SVR_ACCOUNT_INVALID_PARAMETERS(
            70402, false, "The server does not accept a parameter: check the user id and the request."),
    ERR_SVR_ACCOUNT_ADMIN_REQUIRED(70403, false, "Only an administrator may do this: use an administrator's account."),
    ERR_SVR_ACCOUNT_INTERNAL_ERROR(70500, true, "An error inside the server: try again.");

    private static final Map<Integer, TimError> BY_CODE = new HashMap<>();

    static {
        for (TimError error : values()) {
            BY_CODE.put(error.code, error);
        }
    }

    private final int code;
    private final boolean retryCanHelp;
    private final String advice;

    TimError(int code, boolean retryCanHelp, String advice) {
        this.code = code;
        this.retryCanHelp = retryCanHelp;
        this.advice = advice;
    }

    /** The error with this code; empty for 0 and for a code that is not documented. */
    public static Optional<TimError> of(int code) {
        return Optional.ofNullable(BY_CODE.get(code));
    }

    /** The number in the C API. */
    public int code() {
        return code;
    }

    /** Whether the same call, unchanged, can succeed later. Where it cannot, {@link #advice()} says what to change. */
    public boolean retryCanHelp() {
        return retryCanHelp;
    }

    /** What to do about it, in one sentence. */
    public String advice() {
        return advice;
    }
}
