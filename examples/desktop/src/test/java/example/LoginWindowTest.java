/* SPDX-License-Identifier: Apache-2.0 */
package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.formdev.flatlaf.FlatLightLaf;
import io.github.tim4j.TimClient;
import io.github.tim4j.junit.LoginServerExtension;
import io.github.tim4j.junit.UserSigMaker;
import io.github.tim4j.server.LoginServer;
import java.awt.GraphicsEnvironment;
import java.awt.image.BufferedImage;
import java.io.File;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.swing.JButton;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The window through the lifecycle, against a real login server; pictures of it are kept in target/. */
@Timeout(60)
class LoginWindowTest {
    @RegisterExtension
    static LoginServerExtension extension = LoginServerExtension.create();

    private LoginWindow window;

    @BeforeAll
    static void display() {
        if (GraphicsEnvironment.isHeadless()) {
            System.out.println("LoginWindowTest: skipped: there is no display (try xvfb-run)");
        }
        assumeFalse(GraphicsEnvironment.isHeadless(), "skipped: there is no display");
        Locale.setDefault(Locale.ENGLISH);
        FlatLightLaf.setup();
    }

    @BeforeEach
    void open(LoginServer server, UserSigMaker sigs) throws Exception {
        window = onEventThread(() -> {
            LoginWindow made = new LoginWindow(TimClient.builder()
                    .sdkAppId(extension.sdkAppId())
                    .server(server.uri().toString())
                    .deviceId("the-window")
                    .userSigProvider(sigs::userSig));
            made.setVisible(true);
            return made;
        });
    }

    @AfterEach
    void close() throws Exception {
        if (window != null) {
            onEventThread(() -> {
                window.dispose();
                return null;
            });
        }
    }

    private static <T> T onEventThread(Callable<T> task) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        SwingUtilities.invokeLater(() -> {
            try {
                done.complete(task.call());
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        return done.get(20, TimeUnit.SECONDS);
    }

    private void press(JButton button) throws Exception {
        onEventThread(() -> {
            button.doClick();
            return null;
        });
    }

    private void logIn(String user) throws Exception {
        onEventThread(() -> {
            window.user.setText(user);
            window.logIn.doClick();
            return null;
        });
    }

    private void await(String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!onEventThread(holds)) {
            assertTrue(
                    System.nanoTime() < end,
                    () -> what + "; the window says: " + window.status.getText() + ", " + window.network.getText() + ", "
                            + window.message.getText());
            Thread.sleep(20);
        }
    }

    private void awaitStatus(String text) throws Exception {
        await("status " + text, () -> window.status.getText().equals(text));
    }

    private void picture(String name) throws Exception {
        onEventThread(() -> {
            BufferedImage image =
                    new BufferedImage(window.getWidth(), window.getHeight(), BufferedImage.TYPE_INT_RGB);
            window.paint(image.getGraphics());
            return ImageIO.write(image, "png", new File("target/" + name + ".png"));
        });
    }

    @Test
    void logsInSwitchesAndLogsOut(LoginServer server) throws Exception {
        awaitStatus("Logged out");
        assertFalse(window.logOut.isEnabled());
        press(window.logIn);
        logIn("alice");
        awaitStatus("Logged in: alice");
        await("connected", () -> window.network.getText().equals("Connected"));
        assertEquals("Switch user", window.logIn.getText());
        picture("logged-in");
        logIn("bob");
        awaitStatus("Logged in: bob");
        assertEquals(1, server.sessions().size());
        press(window.logOut);
        awaitStatus("Logged out");
        await("not connected", () -> window.network.getText().equals("Not connected"));
    }

    @Test
    void cancelReallyCancels(LoginServer server) throws Exception {
        server.testing().delayLogins(Duration.ofMinutes(1));
        logIn("alice");
        awaitStatus("Logging in …");
        picture("logging-in");
        press(window.cancel);
        awaitStatus("Logged out");
        await("cancelled", () -> window.message.getText().equals("The login was cancelled."));
        server.testing().delayLogins(Duration.ZERO);
        assertTrue(server.sessions().isEmpty());
    }

    @Test
    void saysWhoLoggedItOut(LoginServer server) throws Exception {
        logIn("alice");
        awaitStatus("Logged in: alice");
        try (TimClient other = extension.client(builder -> {})) {
            other.login("alice").get(20, TimeUnit.SECONDS);
            awaitStatus("Logged out");
            await("kicked", () -> window.message.getText().startsWith("You logged in on another device of this kind"));
            picture("kicked");
        }
    }

    @Test
    void aLostNetworkIsShownAndComesBack(LoginServer server) throws Exception {
        logIn("alice");
        awaitStatus("Logged in: alice");
        server.testing().stopListening();
        await("no connection", () -> window.network.getText().startsWith("No connection"));
        awaitStatus("Logged in: alice");
        picture("no-connection");
        server.testing().listenAgain();
        await("connected", () -> window.network.getText().equals("Connected"));
    }

    @Test
    void aRefusedLoginSaysWhy(LoginServer server) throws Exception {
        server.testing().refuseLogins(1, 70051);
        logIn("alice");
        await("refused", () -> window.message.getText().startsWith("That did not work: 70051"));
        awaitStatus("Logged out");
    }

    @Test
    void whoseUserSigWasTakenAwayLogsInAgain(LoginServer server) throws Exception {
        logIn("alice");
        awaitStatus("Logged in: alice");
        server.invalidateUserSigs(extension.sdkAppId(), "alice");
        await("logged out", () -> window.status.getText().startsWith("Logged out"));
        logIn("alice");
        awaitStatus("Logged in: alice");
    }
}
