// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/**
 * The log of the command line, on standard error; the option verbose changes the level. In Java, since reading XML would cost a quarter of the time
 * that a login takes. {@code -Dlogback.configurationFile=FILE} takes another configuration.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class LogConfiguration extends ContextAwareBase implements Configurator {
    private static final String OTHER = "logback.configurationFile";
    private static final FileAttribute<?>[] NO_ATTRIBUTES = {};
    private static final FileAttribute<?>[] OWNER_ONLY = {
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
    };
    private static final String AUDIT = "io.github.tim4j.server.audit";

    /** The text alone. */
    private static final class Bare extends LayoutBase<ILoggingEvent> {
        @Override
        public String doLayout(ILoggingEvent event) {
            return event.getFormattedMessage() + System.lineSeparator();
        }
    }

    /** Time, level, logger, text; then what was thrown, if anything was. */
    private static final class Line extends LayoutBase<ILoggingEvent> {
        @Override
        public String doLayout(ILoggingEvent event) {
            String failure = event.getThrowableProxy() == null
                    ? ""
                    : ThrowableProxyUtil.asString(event.getThrowableProxy()) + System.lineSeparator();
            return String.format(
                    Locale.ROOT,
                    "%s %-5s %s - %s%n%s",
                    LocalTime.ofInstant(event.getInstant(), ZoneId.systemDefault())
                            .truncatedTo(ChronoUnit.MILLIS),
                    event.getLevel(),
                    event.getLoggerName(),
                    event.getFormattedMessage(),
                    failure);
        }
    }

    /** For Logback, which finds it as a service. */
    public LogConfiguration() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty(OTHER) != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(standardError(context, laidOut(context, new Line())));
        // What the native library warns of, the commands print as events anyway.
        context.getLogger("io.github.tim4j.native").setLevel(Level.ERROR);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Encoder<ILoggingEvent> laidOut(LoggerContext context, Layout<ILoggingEvent> layout) {
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        return encoder;
    }

    private static Appender<ILoggingEvent> standardError(LoggerContext context, Encoder<ILoggingEvent> encoder) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setTarget("System.err");
        return started(context, appender, encoder);
    }

    private static Appender<ILoggingEvent> started(
            LoggerContext context, OutputStreamAppender<ILoggingEvent> appender, Encoder<ILoggingEvent> encoder) {
        encoder.start();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }

    /** From now on each line on standard error is a JSON object. */
    static void toJson() {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context());
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithContext(false);
        encoder.setWithMarkers(false);
        encoder.setWithMDC(false);
        encoder.setWithKVPList(false);
        encoder.setWithArguments(false);
        encoder.setWithMessage(false);
        encoder.setWithFormattedMessage(true);
        Logger root = context().getLogger(Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(standardError(context(), encoder));
    }

    /**
     * From now on the server's audit log is added to this file, for its owner alone if it is new.
     *
     * @throws IllegalArgumentException if it cannot be written
     */
    static void auditTo(Path file) {
        try {
            if (!Files.exists(file)) {
                boolean posix =
                        Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix");
                Files.createFile(file, posix ? OWNER_ONLY : NO_ATTRIBUTES);
            } else if (!Files.isRegularFile(file) || !Files.isWritable(file)) {
                throw new IllegalArgumentException("it cannot be written");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("it cannot be made: " + e, e);
        }
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setFile(file.toString());
        Logger audit = context().getLogger(AUDIT);
        audit.setLevel(Level.INFO);
        audit.setAdditive(false);
        audit.addAppender(started(context(), appender, laidOut(context(), new Bare())));
    }
}
