/* SPDX-License-Identifier: Apache-2.0 */
package example;

import io.github.tim4j.KickReason;
import io.github.tim4j.LoginResult;
import io.github.tim4j.LoginStatus;
import io.github.tim4j.NetworkChange;
import io.github.tim4j.NetworkStatus;
import io.github.tim4j.StatusChange;
import io.github.tim4j.TimClient;
import io.github.tim4j.TimException;
import io.github.tim4j.TimListener;
import java.awt.AWTException;
import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Graphics2D;
import java.awt.GridLayout;
import java.awt.Image;
import java.awt.SystemTray;
import java.awt.TrayIcon;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.awt.image.BufferedImage;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.prefs.Preferences;
import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JProgressBar;
import javax.swing.JTextArea;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The login window: who is logged in, whether the network is there, and what to press next. The client calls back on the event dispatch thread, so that
 * everything here runs on that one thread and nothing needs a lock.
 */
public final class LoginWindow extends JFrame {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(LoginWindow.class);
    private static final String LAST_USER = "user";
    private static final Color GREEN = new Color(0x2E, 0x9E, 0x4F);
    private static final Color YELLOW = new Color(0xD9, 0x9A, 0x00);
    private static final Color RED = new Color(0xC6, 0x3A, 0x2F);

    private static final ResourceBundle TEXTS = ResourceBundle.getBundle("example.texts");

    private final transient TimClient tim;
    private final transient Preferences preferences = Preferences.userNodeForPackage(LoginWindow.class);
    private transient CompletableFuture<LoginResult> login = CompletableFuture.completedFuture(null);
    private transient TrayIcon tray;

    final JTextField user = new JTextField(preferences.get(LAST_USER, ""), 16);
    final JButton logIn = new JButton(text("login"));
    final JButton cancel = new JButton(text("cancel"));
    final JButton logOut = new JButton(text("logout"));
    final JLabel status = new JLabel();
    final JLabel network = new JLabel();
    final JTextArea message = new JTextArea(3, 20);
    private final JProgressBar progress = new JProgressBar();

    /** @param builder everything but the callback executor, which is the window's own business */
    public LoginWindow(TimClient.Builder builder) {
        super("TIM");
        tim = builder.callbackExecutor(SwingUtilities::invokeLater).build();
        tim.addListener(new Listener());
        setContentPane(contents());
        logIn.addActionListener(press -> logIn());
        user.addActionListener(press -> logIn.doClick());
        cancel.addActionListener(press -> login.cancel(false));
        logOut.addActionListener(press -> logOut());
        setDefaultCloseOperation(DISPOSE_ON_CLOSE);
        addWindowListener(new WindowAdapter() {
            @Override
            public void windowClosed(WindowEvent event) {
                closed();
            }
        });
        getRootPane().setDefaultButton(logIn);
        showTray();
        show(LoginStatus.LOGGED_IN); // the widest
        pack();
        setMinimumSize(getSize());
        show(tim.status());
        showNetwork(tim.networkStatus(), "");
        setLocationRelativeTo(null);
    }

    private JPanel contents() {
        JPanel who = new JPanel(new FlowLayout(FlowLayout.LEADING));
        JLabel label = new JLabel(text("user"));
        label.setLabelFor(user);
        who.add(label);
        who.add(user);
        who.add(logIn);
        who.add(cancel);
        who.add(logOut);
        JPanel lights = new JPanel(new GridLayout(0, 1, 0, 4));
        lights.add(status);
        lights.add(network);
        message.setEditable(false);
        message.setLineWrap(true);
        message.setWrapStyleWord(true);
        message.setOpaque(false);
        message.setFont(status.getFont());
        JPanel middle = new JPanel(new BorderLayout(0, 8));
        middle.setBorder(BorderFactory.createEmptyBorder(8, 8, 8, 8));
        middle.add(lights, BorderLayout.NORTH);
        middle.add(message, BorderLayout.CENTER);
        progress.setIndeterminate(true);
        JPanel all = new JPanel(new BorderLayout());
        all.add(who, BorderLayout.NORTH);
        all.add(middle, BorderLayout.CENTER);
        all.add(progress, BorderLayout.SOUTH);
        return all;
    }

    // ---- what the user presses

    /** Logged in as somebody else, this switches the account. */
    private void logIn() {
        String userId = user.getText().strip();
        if (userId.isEmpty()) {
            message.setText(text("user.missing"));
            return;
        }
        message.setText("");
        login = tim.login(userId);
        login.whenComplete((result, failure) -> {
            if (failure == null) {
                preferences.put(LAST_USER, userId);
            } else {
                message.setText(whyNot(failure));
            }
        });
    }

    private void logOut() {
        message.setText("");
        tim.logout().exceptionally(failure -> {
            message.setText(whyNot(failure));
            return null;
        });
    }

    private void closed() {
        if (tray != null) {
            SystemTray.getSystemTray().remove(tray);
        }
        tim.close();
    }

    /** What the user can make of it; the log has the rest. */
    private static String whyNot(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CancellationException) {
            return text("cancelled");
        }
        LOG.warn("a login or a logout failed", cause);
        if (cause instanceof TimException tim) {
            String own = "error." + tim.code();
            try {
                return text(own);
            } catch (MissingResourceException e) {
                return text("error") + " " + tim.getMessage();
            }
        }
        return text("error") + " " + cause.getMessage();
    }

    // ---- what the client reports

    private final class Listener implements TimListener {
        @Override
        public void onStatusChanged(StatusChange change) {
            LoginWindow.this.show(change.to());
        }

        @Override
        public void onKickedOffline(String userId, KickReason reason) {
            message.setText(text("kicked." + reason));
            if (tray != null) {
                tray.displayMessage("TIM", text("kicked." + reason), TrayIcon.MessageType.WARNING);
            }
        }

        @Override
        public void onUserSigExpired(String userId) {
            message.setText(text("expired"));
        }

        @Override
        public void onNetworkStatus(NetworkChange change) {
            showNetwork(change.status(), change.description());
        }
    }

    private void show(LoginStatus now) {
        boolean loggedIn = now == LoginStatus.LOGGED_IN;
        boolean busy = now == LoginStatus.LOGGING_IN || now == LoginStatus.LOGGING_OUT;
        status.setText(text("status." + now) + (loggedIn ? " " + tim.loginUser().orElse("") : ""));
        status.setIcon(new Light(loggedIn ? GREEN : busy ? YELLOW : RED));
        logIn.setText(text(loggedIn ? "switch" : "login"));
        logIn.setEnabled(!busy);
        logOut.setEnabled(loggedIn);
        cancel.setEnabled(now == LoginStatus.LOGGING_IN);
        progress.setVisible(busy);
        if (tray != null) {
            tray.setToolTip("TIM: " + status.getText());
        }
    }

    private void showNetwork(NetworkStatus now, String description) {
        network.setText(text("network." + now) + (description.isEmpty() ? "" : " (" + description + ")"));
        network.setIcon(new Light(now == NetworkStatus.CONNECTED ? GREEN : now == NetworkStatus.CONNECTING ? YELLOW : RED));
    }

    private void showTray() {
        if (!SystemTray.isSupported()) {
            return;
        }
        Dimension size = SystemTray.getSystemTray().getTrayIconSize();
        Image image = new BufferedImage(size.width, size.height, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = (Graphics2D) image.getGraphics();
        graphics.setColor(GREEN);
        graphics.fillOval(0, 0, size.width, size.height);
        graphics.dispose();
        tray = new TrayIcon(image, "TIM");
        tray.addActionListener(press -> {
            setVisible(true);
            toFront();
        });
        try {
            SystemTray.getSystemTray().add(tray);
        } catch (AWTException e) {
            tray = null; // a desktop whose tray has just gone
        }
    }

    private static String text(String key) {
        return TEXTS.getString(key);
    }
}
