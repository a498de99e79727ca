/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads timshim.dll as an application does and goes one way with it: .ci/wine says which, and looks at what is printed. Its data and its log go
 * into the folder 数据 of the working directory.
 *
 *     dll_client DLL URL USERSIG login|until-kicked|until-expired|until-reconnected|exit-without-uninit|unload
 */
#include <TIMCloud.h>

#include <stdio.h>
#include <string.h>
#include <windows.h>

static HANDLE answered, kicked, expired, lost, back;
static int32_t answer;
static volatile LONG online;

static void on_answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)json_params;
    (void)user_data;
    answer = code;
    printf("answer %d %s\n", (int)code, desc);
    SetEvent(answered);
}

static void on_kicked(const void* user_data) {
    (void)user_data;
    SetEvent(kicked);
}

static void on_expired(const void* user_data) {
    (void)user_data;
    SetEvent(expired);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    (void)code;
    (void)desc;
    (void)user_data;
    if (status == kTIMConnected && WaitForSingleObject(lost, 0) == WAIT_OBJECT_0) SetEvent(back);
    if (status == kTIMDisconnected && online) SetEvent(lost);
}

static void* library_function(HMODULE library, const char* name) {
    void* function = (void*)GetProcAddress(library, name);
    if (function == NULL) {
        printf("no %s\n", name);
        ExitProcess(1);
    }
    return function;
}

static int wait_for(HANDLE event, const char* name) {
    bool came = WaitForSingleObject(event, 30000) == WAIT_OBJECT_0;
    printf("%s%s\n", came ? "" : "not ", name);
    return came ? 0 : 1;
}

#define FUNCTION(name) __typeof__(&name) name##_ = (__typeof__(&name))library_function(library, #name)

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    answered = CreateEventW(NULL, TRUE, FALSE, NULL);
    kicked = CreateEventW(NULL, TRUE, FALSE, NULL);
    expired = CreateEventW(NULL, TRUE, FALSE, NULL);
    lost = CreateEventW(NULL, TRUE, FALSE, NULL);
    back = CreateEventW(NULL, TRUE, FALSE, NULL);
    HMODULE library = LoadLibraryA(argv[1]);
    if (library == NULL) {
        printf("cannot load %s: error %lu\n", argv[1], GetLastError());
        return 1;
    }
    FUNCTION(TIMInit);
    FUNCTION(TIMUninit);
    FUNCTION(TIMLogin);
    FUNCTION(TIMLogout);
    FUNCTION(TIMGetLoginStatus);
    FUNCTION(TIMGetLoginUserID);
    FUNCTION(TIMSetKickedOfflineCallback);
    FUNCTION(TIMSetUserSigExpiredCallback);
    FUNCTION(TIMSetNetworkStatusListenerCallback);
    TIMSetKickedOfflineCallback_(on_kicked, NULL);
    TIMSetUserSigExpiredCallback_(on_expired, NULL);
    TIMSetNetworkStatusListenerCallback_(on_network, NULL);

    CreateDirectoryW(L"\u6570\u636e", NULL);
    char config[600];
    snprintf(config, sizeof config,
             "{\"shim_server\":\"%s\",\"sdk_config_config_file_path\":\"\xe6\x95\xb0\xe6\x8d\xae\","
             "\"sdk_config_log_file_path\":\"\xe6\x95\xb0\xe6\x8d\xae\"}",
             argv[2]);
    if (TIMInit_(1400000000, config) != TIM_SUCC || TIMLogin_("alice", argv[3], on_answer, NULL) != TIM_SUCC) return 1;
    if (wait_for(answered, "answered") != 0 || answer != 0) return 1;
    char user_id[128];
    TIMGetLoginUserID_(user_id);
    printf("status %d, %s\n", (int)TIMGetLoginStatus_(), user_id);
    InterlockedExchange(&online, 1);

    const char* way = argv[4];
    if (strcmp(way, "exit-without-uninit") == 0) return 0;
    if (strcmp(way, "unload") == 0) {
        FreeLibrary(library);
        Sleep(500); /* its threads go on */
        return 0;
    }
    int result = 0;
    if (strcmp(way, "until-kicked") == 0) result = wait_for(kicked, "kicked");
    if (strcmp(way, "until-expired") == 0) result = wait_for(expired, "expired");
    if (strcmp(way, "until-reconnected") == 0) result = wait_for(lost, "lost") + wait_for(back, "back");
    if (strcmp(way, "login") == 0) {
        ResetEvent(answered);
        TIMLogout_(on_answer, NULL);
        result = wait_for(answered, "answered");
    }
    printf("status %d\n", (int)TIMGetLoginStatus_());
    TIMUninit_();
    return result;
}
