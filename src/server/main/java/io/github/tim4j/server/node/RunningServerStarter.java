/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.node;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerStarter;

/** Starts a {@link RunningServer} after a look at the libraries that it needs. */
public final class RunningServerStarter implements LoginServerStarter {
    /** For the service loader. */
    public RunningServerStarter() {}

    @Override
    public LoginServer start(LoginServerConfig config) {
        RequiredLibraries.check();
        return new RunningServer(config);
    }
}
