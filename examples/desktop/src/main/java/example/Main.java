/* SPDX-License-Identifier: Apache-2.0 */
package example;

import com.formdev.flatlaf.FlatLightLaf;
import io.github.tim4j.TimClient;
import io.github.tim4j.jna.LibraryLoadException;
import java.util.concurrent.CompletableFuture;
import javax.swing.JOptionPane;
import javax.swing.SwingUtilities;

/**
 * Starts the application. TIM_SDKAPPID and TIM_USERSIG_URL say which app it is and where its backend makes UserSigs; timshim finds its server in
 * TIM_SHIM_SERVER. {@code java -jar tim4j-all.jar exec -- COMMAND} sets all three.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        FlatLightLaf.setup();
        SwingUtilities.invokeLater(Main::start);
    }

    private static void start() {
        try {
            long app = Long.parseLong(required("TIM_SDKAPPID"));
            Backend backend = new Backend(required("TIM_USERSIG_URL"), app);
            new LoginWindow(TimClient.builder()
                            .sdkAppId(app)
                            .asyncUserSigProvider(user -> CompletableFuture.supplyAsync(() -> backend.userSig(user))))
                    .setVisible(true);
        } catch (IllegalStateException | NumberFormatException | LibraryLoadException e) {
            JOptionPane.showMessageDialog(null, e.getMessage(), "TIM", JOptionPane.ERROR_MESSAGE);
        }
    }

    private static String required(String variable) {
        String value = System.getenv(variable);
        if (value == null) {
            throw new IllegalStateException("set the variable " + variable);
        }
        return value;
    }
}
