/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.util.ServiceLoader;

/**
 * What {@link LoginServer#start} is made of: this package has what a user sees and depends on nothing below it; the server itself is found as
 * a service. Not for users.
 */
public interface LoginServerStarter {
    /**
     * Starts a server.
     *
     * @param config how it is to run
     * @return the running server
     * @throws LoginServerException as {@link LoginServer#start} does
     */
    LoginServer start(LoginServerConfig config);

    /**
     * The one of this artifact.
     *
     * @return the starter
     */
    static LoginServerStarter find() {
        return ServiceLoader.load(LoginServerStarter.class, LoginServerStarter.class.getClassLoader())
                .findFirst()
                .orElseThrow(
                        () -> new LoginServerException("tim4j-server lacks its own service entry META-INF/services/"
                                + LoginServerStarter.class.getName()
                                + ": if it was repackaged into another jar, merge the service files"));
    }
}
